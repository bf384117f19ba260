import Samples

// The keys under `captcha`.

extension CaptchaSpec {
  /// Settings of a style stand under the style's word.
  struct Key: SpecKey {
    static let style = Key(rawValue: "style")
    static let charset = Key(rawValue: "charset")
    static let length = Key(rawValue: "length")
    static let width = Key(rawValue: "width")
    static let height = Key(rawValue: "height")
    static let color = Key(rawValue: "color")
    static let font = Key(rawValue: "font")
    static let weight = Key(rawValue: "weight")
    static let splits = Key(rawValue: "splits")

    static let allCases =
      [style, charset, length, width, height, color, font, weight, splits] + styles.map { Key(rawValue: $0.word) }

    let rawValue: String

    /// Whether the key says something of imported images, too.
    fileprivate var isOfImportedImages: Bool {
      [Self.charset, .length, .width, .height, .color].contains { $0.rawValue == rawValue }
    }
  }

  /// - Parameters:
  ///   - mappings: One for each entry; at least one.
  ///   - notes: Gets a text for each key that has no effect.
  init(_ mappings: [SpecMapping<Key>], drawnSplits: Set<Split>, notes: inout [String]) throws(SpecError) {
    let geometry = try Geometry(mappings[0])
    var entries: [Entry] = []
    for mapping in mappings {
      try Geometry(mapping).requireSame(as: geometry, in: mapping)
      let entry = try Entry(mapping, in: geometry, drawnSplits)
      if entry.splits.isDisjoint(with: drawnSplits) {
        for key in mapping.keys where !key.isOfImportedImages {
          notes.append("\(mapping.place(of: key)) has no effect, since no split with these captchas is drawn")
        }
      }
      entries.append(entry)
    }
    do throws(AlphabetError) {
      try self.init(geometry: geometry, entries: entries)
    } catch {
      let last = mappings[mappings.count - 1]
      throw last.mismatch(.charset, found: "too many characters", allowed: "at most 65534 in all entries together")
    }
  }
}

extension Geometry {
  /// How images store their pixels.
  private enum Color: String, CaseIterable { case gray, rgb }

  fileprivate init(_ mapping: SpecMapping<CaptchaSpec.Key>) throws(SpecError) {
    let width = try mapping.wholeNumber(.width, in: 16...1024, default: 160)
    let height = try mapping.wholeNumber(.height, in: 16...512, default: 60)
    let color: Color = try mapping.choice(.color, default: .gray)
    self.init(width: width, height: height, format: color == .gray ? .gray : .rgb)
  }

  /// - Throws: `SpecError` where the size or color of the images is not that of the first entry.
  fileprivate func requireSame(as first: Geometry, in mapping: SpecMapping<CaptchaSpec.Key>) throws(SpecError) {
    for (key, found, wanted) in [
      (CaptchaSpec.Key.width, "\(width)", "\(first.width)"), (.height, "\(height)", "\(first.height)"),
      (.color, format.name, first.format.name),
    ] where found != wanted {
      throw mapping.mismatch(key, found: found, allowed: "\(wanted), as in the first entry")
    }
  }
}

extension CaptchaSpec.Entry {
  private static let allowedCharset = """
    digits, upper or lower, joined by +, or the characters themselves: each once, 1 to 65534, without spaces and \
    characters that join with their neighbours
    """
  /// Narrower characters cannot be told from each other.
  private static let characterWidthMin = 5

  fileprivate init(
    _ mapping: SpecMapping<CaptchaSpec.Key>, in geometry: Geometry, _ drawnSplits: Set<Split>
  ) throws(SpecError) {
    let splits = Set(try mapping.choices(.splits, default: Split.allCases))
    let style = try CaptchaSpec.Style(mapping, height: splits.isDisjoint(with: drawnSplits) ? nil : geometry.height)
    let charset = try mapping.text(.charset, allowed: Self.allowedCharset) { _ in true }
    let alphabet: Alphabet
    do throws(CharsetError) {
      alphabet = try Alphabet(charset: charset)
    } catch {
      throw mapping.mismatch(.charset, found: error.found, allowed: Self.allowedCharset)
    }
    let lengths = try mapping.wholeRange(.length, in: 1...16)
    let lengthMax = geometry.width / Self.characterWidthMin
    guard lengths.upperBound <= lengthMax else {
      throw mapping.mismatch(
        .length, found: lengths.upperBound,
        allowed: "at most \(lengthMax), as the image is \(geometry.width) pixels wide")
    }
    let fonts = try mapping.texts(
      .font, allowed: "the family name of an installed font, or the path of a font file", default: ["Noto Mono"]
    ) { font in
      !font.isEmpty && font.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    let weight = try mapping.number(.weight, above: 0, upTo: 1_000_000, default: 1)
    self.init(
      weight: weight, splits: splits, style: style, alphabet: alphabet, lengths: lengths,
      fonts: Located(fonts, at: mapping.place(of: .font)))
  }
}

extension SpecMapping {
  /// Font sizes in pixels per em: one or several.
  /// - Parameter imageHeight: nil where nothing is drawn.
  func fontSizes(_ key: Key, imageHeight: Int?, default: [Int]) throws(SpecError) -> [Int] {
    let sizes = try wholeNumbers(key, in: 8...256, default: `default`)
    guard let imageHeight else { return sizes }
    // Capital letters are about 0.7 em high, so at most a seventh of one is cut off above and as much below.
    let sizeMax = 2 * imageHeight
    if let size = sizes.first(where: { $0 > sizeMax }) {
      throw mismatch(key, found: size, allowed: "at most \(sizeMax), as the image is \(imageHeight) pixels high")
    }
    return sizes
  }
}
