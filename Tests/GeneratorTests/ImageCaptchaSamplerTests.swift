import Generator
import Samples
import Testing

/// Parameters of many samples against the ranges and means of `captcha` 0.7.1.
@Suite struct ImageCaptchaSamplerTests {
  private let samples: [ImageCaptchaParameters]

  init() throws {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars)
    let style = try ImageCaptchaStyle(width: 160, height: 60, font: .find("Noto Mono"), characters: alphabet)
    samples = (0..<20_000 as Range<UInt64>).map { seed in
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
    expectUniform(samples.map(\.arc.box.x), 0...32)
    expectUniform(samples.map(\.arc.box.z), 32...160)
    expectUniform(samples.map(\.arc.box.y), 12...48)
    #expect(samples.allSatisfy { ($0.arc.box.y...48).contains($0.arc.box.w) })
    expectNear(mean(samples.map { Double($0.arc.box.w) }), 39, deviation: 10, count: samples.count)
    expectUniform(samples.map(\.arc.startDegrees), 0...20)
    expectUniform(samples.map(\.arc.endDegrees), 160...200)
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
