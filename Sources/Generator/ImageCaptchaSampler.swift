import Samples

/// Draws the parameters of an image at random, each from the distribution and in the range of `captcha` 0.7.1
/// (`captcha/image.py`, class ImageCaptcha).
struct ImageCaptchaSampler {
  /// Streams of a sample's seed. A number, once used, never gets another meaning: samples would change.
  private enum Stream {
    static let colors: UInt64 = 1
    static let glyphs: UInt64 = 2
    static let overlaps: UInt64 = 3
    static let dots: UInt64 = 4
    static let arc: UInt64 = 5
  }

  static let fontSizes = [42, 50, 56]
  static let dotCount = 30

  /// The image's size in pixels.
  let width: Int
  let height: Int
  let atlas: GlyphAtlas

  /// - Precondition: the atlas has every character of `text` at each of `fontSizes`.
  func sample(text: [Unicode.Scalar], seed: UInt64) -> ImageCaptchaParameters {
    var stream = RandomStream(seed: seed, stream: Stream.colors)
    let background = SIMD3<UInt8>(color: &stream, 238...255)
    let opacity = UInt8(stream.next(in: 220...255))
    let color = SIMD4(SIMD3<UInt8>(color: &stream, 10...200), opacity)
    let glyphs = sampleGlyphs(text: text, seed: seed)
    let textWidth = glyphs.reduce(0) { $0 + $1.cell.x }
    return ImageCaptchaParameters(
      text: String(String.UnicodeScalarView(text)), width: width, height: height, background: background, color: color,
      glyphs: glyphs, overlaps: sampleOverlaps(count: glyphs.count, averageWidth: textWidth / text.count, seed: seed),
      dots: sampleDots(seed: seed), arc: sampleArc(seed: seed))
  }

  private func sampleGlyphs(text: [Unicode.Scalar], seed: UInt64) -> [ImageCaptchaParameters.Glyph] {
    var stream = RandomStream(seed: seed, stream: Stream.glyphs)
    var glyphs: [ImageCaptchaParameters.Glyph] = []
    glyphs.reserveCapacity(2 * text.count)
    for character in text {
      // word_space_probability 0.5
      if stream.next() >> 31 == 1 { glyphs.append(sampleGlyph(" ", &stream)) }
      glyphs.append(sampleGlyph(character, &stream))
    }
    return glyphs
  }

  private func sampleGlyph(_ character: Unicode.Scalar, _ stream: inout RandomStream) -> ImageCaptchaParameters.Glyph {
    let fontSize = Self.fontSizes[stream.next(below: Self.fontSizes.count)]
    guard let cell = atlas.glyph(of: character, size: fontSize)?.cell else {
      preconditionFailure("the atlas lacks a character of the text")
    }
    let offset = SIMD2(stream.next(in: 0...4), stream.next(in: 0...6))
    let rotation = -30 + stream.nextFraction() * 60
    // character_warp_dx (0.1, 0.3) and character_warp_dy (0.2, 0.3), used as a factor and a summand.
    let reachX = Double(cell.x) * stream.nextFraction() * (0.3 - 0.1) + 0.1
    let reachY = Double(cell.y) * stream.nextFraction() * (0.3 - 0.2) + 0.2
    var warp = SIMD4<Int>()
    for index in 0..<4 {
      let reach = index.isMultiple(of: 2) ? reachX : reachY
      warp[index] = Int(stream.nextFraction() * (reach + reach) - reach)
    }
    return ImageCaptchaParameters.Glyph(
      character: character, fontSize: fontSize, offset: offset, rotationDegrees: rotation, cell: cell, warp: warp)
  }

  private func sampleOverlaps(count: Int, averageWidth: Int, seed: UInt64) -> [Int] {
    var stream = RandomStream(seed: seed, stream: Stream.overlaps)
    // word_offset_dx 0.25
    let overlapMax = averageWidth / 4
    return (0..<count).map { _ in stream.next(in: 0...overlapMax) }
  }

  private func sampleDots(seed: UInt64) -> [SIMD2<Int>] {
    var stream = RandomStream(seed: seed, stream: Stream.dots)
    return (0..<Self.dotCount).map { _ in SIMD2(stream.next(in: 0...width), stream.next(in: 0...height)) }
  }

  private func sampleArc(seed: UInt64) -> ImageCaptchaParameters.Arc {
    var stream = RandomStream(seed: seed, stream: Stream.arc)
    let left = stream.next(in: 0...width / 5)
    let right = stream.next(in: width / 5...width)
    let top = stream.next(in: height / 5...height - height / 5)
    let bottom = stream.next(in: top...height - height / 5)
    let end = stream.next(in: 160...200)
    return ImageCaptchaParameters.Arc(
      box: SIMD4(left, top, right, bottom), startDegrees: stream.next(in: 0...20), endDegrees: end)
  }
}

extension RandomStream {
  /// A number of 0 ..< 1 in steps of 2^-32, as the package draws it.
  fileprivate mutating func nextFraction() -> Double { Double(next()) * 0x1p-32 }
}

extension SIMD3<UInt8> {
  fileprivate init(color stream: inout RandomStream, _ range: ClosedRange<Int>) {
    self.init(UInt8(stream.next(in: range)), UInt8(stream.next(in: range)), UInt8(stream.next(in: range)))
  }
}
