import Generator
import Samples
import Specs
import Testing

/// Parameters of many samples against the ranges and means of `captcha` 0.7.1.
@Suite struct ImageCaptchaStyleTests {
  private let samples: [ImageCaptchaParameters]

  init() throws { samples = try Self.samples(of: imageCaptchaSpec(), count: 20_000) }

  private static func samples(of spec: ImageCaptchaSpec, count: UInt64) throws -> [ImageCaptchaParameters] {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars)
    let style = try ImageCaptchaStyle(
      spec, width: 160, height: 60, lengthMax: 4, font: .find("Noto Mono"), characters: alphabet)
    return (0..<count).map { seed in
      var random = RandomStream(seed: seed, stream: 0)
      return style.parameters(of: (0..<4).map { _ in alphabet[random.next(below: alphabet.count)] }, seed: seed)
    }
  }

  @Test func colors() {
    for channel in 0..<3 {
      expectUniform(samples.map { Int($0.background[channel]) }, 238...255)
      expectUniform(samples.map { Int($0.color[channel]) }, 10...200)
    }
    expectUniform(samples.map { Int($0.color.w) }, 220...255)
  }

  @Test func charactersAndSpaces() {
    let characters = samples.flatMap(\.glyphs).map(\.character).filter { $0 != " " }
    #expect(characters.count == 4 * samples.count)
    #expect(Set(characters).count == 36)
    let spaceCount = samples.flatMap(\.glyphs).count - characters.count
    expectNear(Double(spaceCount) / Double(characters.count), 0.5, deviation: 0.5, count: characters.count)
    for sample in samples {
      #expect(sample.glyphs.map(\.character).filter { $0 != " " } == Array(sample.text.unicodeScalars))
    }
  }

  @Test func glyphs() {
    let glyphs = samples.flatMap(\.glyphs)
    for size in [42, 50, 56] {
      let share = Double(glyphs.filter { $0.fontSize == size }.count) / Double(glyphs.count)
      expectNear(share, 1 / 3, deviation: 0.48, count: glyphs.count)
    }
    expectUniform(glyphs.map(\.offset.x), 0...4)
    expectUniform(glyphs.map(\.offset.y), 0...6)
    let rotations = glyphs.map(\.rotationDegrees)
    #expect(rotations.allSatisfy { -30 <= $0 && $0 < 30 })
    expectNear(mean(rotations), 0, deviation: 60 / 12.0.squareRoot(), count: rotations.count)
    expectNear(mean(rotations.map { $0 * $0 }), 300, deviation: 300, count: rotations.count)
  }

  /// A cell is 1 + advance wide (W's ink is wider than its advance at small sizes) and 1 + ascender + depth high.
  @Test func cells() {
    for glyph in samples.flatMap(\.glyphs) {
      let (width, height) = [42: (26, 46), 50: (31, 54), 56: (35, 61)][glyph.fontSize] ?? (0, 0)
      #expect(glyph.cell.x == width || (glyph.character == "W" && glyph.cell.x == width + 1))
      #expect((height...height + 13).contains(glyph.cell.y))
    }
  }

  /// x1, x2 are uniform in ± (0.2 w u + 0.1), y1, y2 in ± (0.1 h u + 0.2), cut toward zero.
  @Test func warps() {
    let glyphs = samples.flatMap(\.glyphs)
    for index in 0..<4 {
      let values = glyphs.map { Double($0.warp[index]) }
      let reach = glyphs.map { index % 2 == 0 ? 0.2 * Double($0.cell.x) + 0.1 : 0.1 * Double($0.cell.y) + 0.2 }
      #expect(zip(values, reach).allSatisfy { abs($0) <= $1 })
      expectNear(mean(values), 0, deviation: 2.5, count: values.count)
      // Before the cut, the mean of |x| is a quarter of the mean reach; cutting takes away at most 1.
      let size = mean(values.map(abs))
      #expect(size < mean(reach) / 4 && size > mean(reach) / 4 - 1)
      #expect(values.contains { $0 < 0 } && values.contains { $0 > 0 })
    }
  }

  @Test func overlaps() {
    var shares: [Double] = []
    for sample in samples {
      #expect(sample.overlaps.count == sample.glyphs.count)
      let overlapMax = sample.glyphs.map(\.cell.x).reduce(0, +) / 4 / 4
      #expect(sample.overlaps.allSatisfy { (0...overlapMax).contains($0) })
      shares += sample.overlaps.map { Double($0) / Double(overlapMax) }
    }
    expectNear(mean(shares), 0.5, deviation: 0.35, count: shares.count)
    #expect(shares.contains(0) && shares.contains(1))
  }

  @Test func dotsAndArc() {
    #expect(samples.allSatisfy { $0.dots.count == 30 })
    expectUniform(samples.flatMap { $0.dots.map(\.x) }, 0...160)
    expectUniform(samples.flatMap { $0.dots.map(\.y) }, 0...60)
    #expect(samples.allSatisfy { $0.dotWidth == 3 && $0.arcs.count == 1 })
    let arcs = samples.flatMap(\.arcs)
    expectUniform(arcs.map(\.box.x), 0...32)
    expectUniform(arcs.map(\.box.z), 32...160)
    expectUniform(arcs.map(\.box.y), 12...48)
    #expect(arcs.allSatisfy { ($0.box.y...48).contains($0.box.w) })
    expectNear(mean(arcs.map { Double($0.box.w) }), 39, deviation: 10, count: arcs.count)
    expectUniform(arcs.map(\.startDegrees), 0...20)
    expectUniform(arcs.map(\.endDegrees), 160...200)
  }

  /// Every parameter of the spec is heeded.
  @Test func otherRanges() throws {
    let samples = try Self.samples(
      of: imageCaptchaSpec(
        """
        font_sizes: [20, 24], rotation: [-5, 15], warp_x: [0, 0.5], warp_y: 0, offset_x: [2, 3], offset_y: 1,
        space_probability: 0.1, overlap: 0.5, background_color: [10, 20], text_color: [100, 110],
        text_opacity: [150, 160], dot_count: [2, 6], dot_width: 5, arc_count: [0, 3], arc_start: [30, 40],
        arc_end: [300, 310]
        """), count: 5000)
    for channel in 0..<3 {
      expectUniform(samples.map { Int($0.background[channel]) }, 10...20)
      expectUniform(samples.map { Int($0.color[channel]) }, 100...110)
    }
    expectUniform(samples.map { Int($0.color.w) }, 150...160)
    let glyphs = samples.flatMap(\.glyphs)
    #expect(Set(glyphs.map(\.fontSize)) == [20, 24])
    #expect(
      glyphs.allSatisfy { -5 <= $0.rotationDegrees && $0.rotationDegrees < 15 && $0.warp.y == 0 && $0.warp.w == 0 })
    expectNear(mean(glyphs.map(\.rotationDegrees)), 5, deviation: 20 / 12.0.squareRoot(), count: glyphs.count)
    #expect(glyphs.map { abs($0.warp.x) }.max() ?? 0 > 4)
    expectUniform(glyphs.map(\.offset.x), 2...3)
    #expect(glyphs.allSatisfy { $0.offset.y == 1 })
    let spaces = glyphs.filter { $0.character == " " }
    expectNear(Double(spaces.count) / 20_000, 0.1, deviation: 0.3, count: 20_000)
    for sample in samples {
      let overlapMax = sample.glyphs.map(\.cell.x).reduce(0, +) / 4 / 2
      #expect(sample.overlaps.allSatisfy { (0...overlapMax).contains($0) })
    }
    expectUniform(samples.map(\.dots.count), 2...6)
    #expect(samples.allSatisfy { $0.dotWidth == 5 })
    expectUniform(samples.map(\.arcs.count), 0...3)
    expectUniform(samples.flatMap(\.arcs).map(\.startDegrees), 30...40)
    expectUniform(samples.flatMap(\.arcs).map(\.endDegrees), 300...310)
  }

  /// Every value inside the range, both ends reached, and the mean where it belongs.
  private func expectUniform(
    _ values: [Int], _ range: ClosedRange<Int>, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(values.min() == range.lowerBound && values.max() == range.upperBound, sourceLocation: sourceLocation)
    let count = Double(range.count)
    expectNear(
      mean(values.map(Double.init)), Double(range.lowerBound + range.upperBound) / 2,
      deviation: ((count * count - 1) / 12).squareRoot(), count: values.count, sourceLocation: sourceLocation)
  }

  /// Within five standard errors.
  private func expectNear(
    _ value: Double, _ expected: Double, deviation: Double, count: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(abs(value - expected) < 5 * deviation / Double(count).squareRoot(), sourceLocation: sourceLocation)
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
