import Samples
import Specs

/// Style `image-captcha`: what the Python package `captcha` 0.7.1 draws (`captcha/image.py`, class ImageCaptcha). Each
/// parameter has the package's distribution, in the spec's range.
package struct ImageCaptchaStyle: CaptchaStyle {
  /// Streams of a sample's seed. A number, once used, never changes its meaning: samples would change.
  private enum Stream {
    static let colors: UInt64 = 1
    static let glyphs: UInt64 = 2
    static let overlaps: UInt64 = 3
    static let dots: UInt64 = 4
    static let arcs: UInt64 = 5
  }

  package let atlas: GlyphAtlas
  private let spec: ImageCaptchaSpec
  private let width: Int
  private let height: Int

  package init(
    _ spec: ImageCaptchaSpec, width: Int, height: Int, lengthMax _: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) {
    self.spec = spec
    self.width = width
    self.height = height
    atlas = try GlyphAtlas(
      font: font, characters: characters, sizes: spec.fontSizes, ascent: ImageCaptchaParameters.ascent)
  }

  package func parameters(of text: [Unicode.Scalar], seed: UInt64) -> ImageCaptchaParameters {
    var stream = RandomStream(seed: seed, stream: Stream.colors)
    let background = SIMD3<UInt8>(color: &stream, spec.backgroundColor)
    let opacity = UInt8(stream.next(in: spec.textOpacity))
    let color = SIMD4(SIMD3<UInt8>(color: &stream, spec.textColor), opacity)
    let glyphs = glyphs(of: text, seed: seed)
    let textWidth = glyphs.reduce(0) { $0 + $1.cell.x }
    return ImageCaptchaParameters(
      text: String(scalars: text), width: width, height: height, background: background, color: color,
      glyphs: glyphs, overlaps: overlaps(count: glyphs.count, averageWidth: textWidth / text.count, seed: seed),
      dots: dots(seed: seed), dotWidth: spec.dotWidth, arcs: arcs(seed: seed))
  }

  private func glyphs(of text: [Unicode.Scalar], seed: UInt64) -> [ImageCaptchaParameters.Glyph] {
    var stream = RandomStream(seed: seed, stream: Stream.glyphs)
    var glyphs: [ImageCaptchaParameters.Glyph] = []
    glyphs.reserveCapacity(2 * text.count)
    for character in text {
      if stream.nextFraction() >= 1 - spec.spaceProbability { glyphs.append(glyph(" ", &stream)) }
      glyphs.append(glyph(character, &stream))
    }
    return glyphs
  }

  private func glyph(_ character: Unicode.Scalar, _ stream: inout RandomStream) -> ImageCaptchaParameters.Glyph {
    let fontSize = stream.next(of: spec.fontSizes)
    let cell = atlas.cell(of: character, size: fontSize)
    let offset = SIMD2(stream.next(in: spec.offsetX), stream.next(in: spec.offsetY))
    let rotation = spec.rotation.lowerBound + stream.nextFraction() * spec.rotation.length
    // The lower end is part of a factor and a summand, as in the package.
    let reachX = Double(cell.x) * stream.nextFraction() * spec.warpX.length + spec.warpX.lowerBound
    let reachY = Double(cell.y) * stream.nextFraction() * spec.warpY.length + spec.warpY.lowerBound
    var warp = SIMD4<Int>()
    for index in 0..<4 {
      let reach = index.isMultiple(of: 2) ? reachX : reachY
      warp[index] = Int(stream.nextFraction() * (reach + reach) - reach)
    }
    return ImageCaptchaParameters.Glyph(
      character: character, fontSize: fontSize, offset: offset, rotationDegrees: rotation, cell: cell, warp: warp)
  }

  private func overlaps(count: Int, averageWidth: Int, seed: UInt64) -> [Int] {
    var stream = RandomStream(seed: seed, stream: Stream.overlaps)
    let overlapMax = Int(spec.overlap * Double(averageWidth))
    return (0..<count).map { _ in stream.next(in: 0...overlapMax) }
  }

  private func dots(seed: UInt64) -> [SIMD2<Int>] {
    var stream = RandomStream(seed: seed, stream: Stream.dots)
    return (0..<stream.nextCount(in: spec.dotCount)).map { _ in
      SIMD2(stream.next(in: 0...width), stream.next(in: 0...height))
    }
  }

  private func arcs(seed: UInt64) -> [ImageCaptchaParameters.Arc] {
    var stream = RandomStream(seed: seed, stream: Stream.arcs)
    return (0..<stream.nextCount(in: spec.arcCount)).map { _ in
      let left = stream.next(in: 0...width / 5)
      let right = stream.next(in: width / 5...width)
      let top = stream.next(in: height / 5...height - height / 5)
      let bottom = stream.next(in: top...height - height / 5)
      let end = stream.next(in: spec.arcEnd)
      return ImageCaptchaParameters.Arc(
        box: SIMD4(left, top, right, bottom), startDegrees: stream.next(in: spec.arcStart), endDegrees: end)
    }
  }
}

extension ImageCaptchaSpec: DrawableSpec {
  package typealias Style = ImageCaptchaStyle
}

extension RandomStream {
  /// A number in 0 ..< 1 in steps of 2^-32, as in the package.
  fileprivate mutating func nextFraction() -> Double { Double(next()) * 0x1p-32 }

  /// A number in `range`, each equally likely; where there is only one, nothing is drawn from the stream.
  fileprivate mutating func nextCount(in range: ClosedRange<Int>) -> Int {
    range.count == 1 ? range.lowerBound : next(in: range)
  }
}

extension ClosedRange<Double> {
  fileprivate var length: Double { upperBound - lowerBound }
}

extension SIMD3<UInt8> {
  fileprivate init(color stream: inout RandomStream, _ range: ClosedRange<Int>) {
    self.init(UInt8(stream.next(in: range)), UInt8(stream.next(in: range)), UInt8(stream.next(in: range)))
  }
}
