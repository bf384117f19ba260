import Generator
import Samples
import Specs

/// Draws pictures in rows, each above its caption, as one image.
struct ContactSheet {
  /// Pixels an em.
  private static let fontSize = 16
  private static let captionHeight = 24
  /// Pixels between pictures.
  private static let gap = 8
  /// A little darker than most pictures, so that their edges show.
  private static let background: UInt8 = 224

  /// Geometry of the pictures.
  let geometry: Geometry
  /// Fonts for captions. A caption takes the first that has all of its characters.
  let fonts: [FontFile]

  /// - Throws: `GeneratorError.missingGlyph` where no font has a caption's characters.
  func image(of pictures: [(image: Image, caption: String)]) throws -> Image {
    var cellWidth = geometry.width
    for picture in pictures { cellWidth = max(cellWidth, try captionWidth(picture.caption)) }
    let step = SIMD2(cellWidth + 2 * Self.gap, geometry.height + Self.captionHeight + Self.gap)
    let columns = columnCount(of: pictures.count, step: step)
    let rows = (pictures.count + columns - 1) / columns
    let sheetGeometry = Geometry(width: columns * step.x, height: rows * step.y + Self.gap, format: geometry.format)
    var sheet = Image(geometry: sheetGeometry, filledWith: Self.background)
    for (number, picture) in pictures.enumerated() {
      let origin = SIMD2(number % columns * step.x, number / columns * step.y)
      let left = origin.x + (step.x - geometry.width) / 2
      sheet.copy(picture.image, to: SIMD2(left, origin.y + Self.gap))
      let caption = try captionImage(picture.caption, width: step.x)
      sheet.copy(caption, to: origin &+ SIMD2(0, Self.gap + geometry.height))
    }
    return sheet
  }

  /// The number of columns that makes the sheet about a third wider than high.
  private func columnCount(of count: Int, step: SIMD2<Int>) -> Int {
    let ideal = (Double(count) * Double(step.y) / Double(step.x) * 4 / 3).squareRoot()
    return min(max(1, Int(ideal.rounded())), count)
  }

  private func captionWidth(_ caption: String) throws -> Int {
    try withFont(for: caption) { font in
      let characters = caption.unicodeScalars
      let atlas = try GlyphAtlas(font: font, characters: characters, sizes: [Self.fontSize])
      return characters.count * characters.reduce(0) { max($0, atlas.cell(of: $1, size: Self.fontSize).x) }
    }
  }

  private func captionImage(_ caption: String, width: Int) throws -> Image {
    let geometry = Geometry(width: width, height: Self.captionHeight, format: geometry.format)
    let background = SIMD3(repeating: Self.background)
    let spec = PlainSpec(fontSizes: [Self.fontSize], backgroundColors: [background], textColors: [SIMD3()])
    return try withFont(for: caption) { font in
      let characters = Array(caption.unicodeScalars)
      let draw = try spec.drawing(of: geometry, lengthMax: characters.count, font: font, characters: characters)
      return draw(characters, 0).image
    }
  }

  /// - Throws: The error of `body` with the last font, where it fails with every font.
  private func withFont<Result>(for caption: String, _ body: (FontFile) throws -> Result) throws -> Result {
    for font in fonts.dropLast() {
      if let result = try? body(font) { return result }
    }
    guard let last = fonts.last else { preconditionFailure("a spec has a font") }
    return try body(last)
  }
}

extension Image {
  /// - Precondition: the other image has this one's format, and all of it fits at `origin`.
  fileprivate mutating func copy(_ other: Image, to origin: SIMD2<Int>) {
    let channels = geometry.format.rawValue
    let byteCount = other.geometry.width * channels
    for row in 0..<other.geometry.height {
      let start = ((origin.y + row) * geometry.width + origin.x) * channels
      let line = other.pixels[row * byteCount..<(row + 1) * byteCount]
      pixels.replaceSubrange(start..<start + byteCount, with: line)
    }
  }
}
