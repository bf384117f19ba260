import Samples
import Specs

/// Style `wheezy`: what the Python package wheezy.captcha 3.2.2 draws, composed as in its documentation.
package struct WheezyStyle: CaptchaStyle {
  /// Streams of a sample's seed. A number, once used, never changes its meaning: samples would change.
  private enum Stream {
    static let colors: UInt64 = 1
    static let glyphs: UInt64 = 2
    static let curves: UInt64 = 3
    static let noise: UInt64 = 4
  }

  package let atlas: GlyphAtlas
  private let spec: WheezySpec
  private let width: Int
  private let height: Int

  /// - Throws: As of `CaptchaStyle.init`; `.textTooWide` where most texts would not fit.
  package init(
    _ spec: WheezySpec, width: Int, height: Int, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) {
    self.spec = spec
    self.width = width
    self.height = height
    atlas = try GlyphAtlas(
      font: font, characters: characters, sizes: spec.fontSizes, ascent: WheezyParameters.ascent)
    // The package cuts off what extends beyond the sides.
    let size = spec.fontSizes.max() ?? 0
    let inkWidth = characters.reduce(0) { $0 + atlas.glyph(of: $1, size: size).ink.width } / characters.count
    let needed = inkWidth + Int(Double((lengthMax - 1) * inkWidth) * spec.squeezeFactor)
    guard needed <= width else {
      throw .textTooWide(characterCount: lengthMax, fontSize: size, needed: needed, width: width)
    }
  }

  package func parameters(of text: [Unicode.Scalar], seed: UInt64) -> WheezyParameters {
    var colors = RandomStream(seed: seed, stream: Stream.colors)
    let background = colors.next(of: spec.backgroundColors)
    let noiseColor = colors.next(of: spec.noiseColors)
    var glyphs = RandomStream(seed: seed, stream: Stream.glyphs)
    return WheezyParameters(
      text: String(scalars: text), width: width, height: height, background: background,
      glyphs: text.map { glyph($0, &glyphs) }, squeezeFactor: spec.squeezeFactor, curves: curves(seed: seed),
      noise: WheezyParameters.Noise(color: noiseColor, level: spec.noiseLevel, points: noisePoints(seed: seed)))
  }

  private func glyph(_ character: Unicode.Scalar, _ stream: inout RandomStream) -> WheezyParameters.Glyph {
    var glyph = WheezyParameters.Glyph(
      character: character, fontSize: stream.next(of: spec.fontSizes), color: stream.next(of: spec.textColors),
      warp: SIMD4(), rotationDegrees: 0, offset: SIMD2())
    let extent = glyph.extent(in: atlas)
    let reach = SIMD2(Double(extent.x) * spec.warpX, Double(extent.y) * spec.warpY)
    for index in 0..<4 {
      let reach = reach[index % 2]
      glyph.warp[index] = Int(stream.next(in: -reach...reach))
    }
    glyph.rotationDegrees = stream.next(in: spec.rotation)
    let turned = RotationPlan(width: extent.x, height: extent.y, degrees: glyph.rotationDegrees)
    glyph.offset.x = Int(stream.nextUnit() * Double(turned.width) * spec.offsetX)
    glyph.offset.y = Int(stream.nextUnit() * Double(turned.height) * spec.offsetY)
    return glyph
  }

  private func curves(seed: UInt64) -> [WheezyParameters.Curve] {
    var stream = RandomStream(seed: seed, stream: Stream.curves)
    return (0..<stream.next(in: spec.curveCount)).map { _ in
      WheezyParameters.Curve(
        color: stream.next(of: spec.curveColors), width: spec.curveWidth,
        heights: (0..<spec.curvePoints).map { _ in stream.next(in: 0...height) })
    }
  }

  /// Keeps a tenth of the image free on each side.
  private func noisePoints(seed: UInt64) -> [SIMD2<Int>] {
    var stream = RandomStream(seed: seed, stream: Stream.noise)
    let (marginX, marginY) = (Double(width) / 10, Double(height) / 10)
    return (0..<stream.next(in: spec.noiseCount)).map { _ in
      SIMD2(
        Int(stream.next(in: marginX...Double(width) - marginX)),
        Int(stream.next(in: marginY...Double(height) - marginY)))
    }
  }
}

extension WheezySpec: DrawableSpec {
  package typealias Style = WheezyStyle
}
