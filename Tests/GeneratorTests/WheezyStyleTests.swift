import Foundation
import Generator
import Samples
import Specs
import Testing

/// Parameters of many samples against the ranges and means of wheezy.captcha 3.2.2, and what of them cannot be drawn.
@Suite struct WheezyStyleTests {
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars)

  private static func style(_ keys: String = "") throws -> WheezyStyle {
    let spec = try captchaSpec("style: wheezy, charset: digits, length: 4, width: 200, height: 75, wheezy: {\(keys)}")
    guard let parameters = spec.entries[0].style.settings as? WheezySpec else {
      preconditionFailure("the style is wheezy")
    }
    return try WheezyStyle(
      parameters, width: 200, height: 75, lengthMax: 4, font: .find("Noto Mono"), characters: alphabet)
  }

  private static let samples = Result { () throws -> [WheezyParameters] in
    let defaults = try style()
    return (0..<5000 as Range<UInt64>).map { seed in
      defaults.parameters(of: (0..<4).map { alphabet[(Int(seed) + 11 * $0) % alphabet.count] }, seed: seed)
    }
  }

  @Test func theDefaultsAreThePackages() throws {
    for sample in try Self.samples.get() {
      #expect(sample.width == 200 && sample.height == 75 && sample.squeezeFactor == 0.8)
      #expect(sample.background == SIMD3(0xEE, 0xEE, 0xCC) && sample.noise.color == SIMD3(0xEE, 0xEE, 0xCC))
      #expect(sample.glyphs.allSatisfy { $0.color == SIMD3(0x5C, 0x87, 0xB2) })
      #expect(sample.curves.count == 1 && sample.noise.points.count == 50 && sample.noise.level == 2)
      #expect(sample.curves[0].color == SIMD3(0x5C, 0x87, 0xB2) && sample.curves[0].width == 4)
      #expect(sample.glyphs.map(\.character) == Array(sample.text.unicodeScalars))
    }
  }

  @Test func glyphs() throws {
    let glyphs = try Self.samples.get().flatMap(\.glyphs)
    for size in [65, 70, 75] {
      expectNear(Double(glyphs.count { $0.fontSize == size }) / Double(glyphs.count), 1 / 3, within: 0.02)
    }
    let rotations = glyphs.map(\.rotationDegrees)
    #expect(rotations.allSatisfy { -25 <= $0 && $0 < 25 })
    expectNear(mean(rotations), 0, within: 0.5)
    expectNear(mean(rotations.map { $0 * $0 }), 25 * 25 / 3, within: 6)
    // The widest ink is less than 48 pixels, the highest less than 72.
    for (index, reach) in [0: 0.27 * 48, 1: 0.21 * 72, 2: 0.27 * 48, 3: 0.21 * 72] {
      let warps = glyphs.map { Double($0.warp[index]) }
      #expect(warps.allSatisfy { abs($0) <= reach })
      #expect(warps.contains { $0 < -4 } && warps.contains { $0 > 4 })
      expectNear(mean(warps), 0, within: 0.2)
    }
    let (across, down) = (glyphs.map { Double($0.offset.x) }, glyphs.map { Double($0.offset.y) })
    #expect(across.allSatisfy { (0...7).contains($0) } && across.contains { $0 >= 3 } && across.contains(0))
    #expect(down.allSatisfy { (0...16).contains($0) } && down.contains { $0 >= 9 } && down.contains(0))
  }

  @Test func curvesAndNoise() throws {
    let samples = try Self.samples.get()
    let heights = samples.flatMap { $0.curves.flatMap(\.heights) }
    #expect(heights.count == 5 * samples.count && heights.min() == 0 && heights.max() == 75)
    expectNear(mean(heights.map(Double.init)), 37.5, within: 0.7)
    let points = samples.flatMap(\.noise.points)
    #expect(points.map(\.x).min() == 20 && points.map(\.x).max() == 179)
    #expect(points.map(\.y).min() == 7 && points.map(\.y).max() == 67)
    expectNear(mean(points.map { Double($0.x) }), 99.5, within: 0.5)
    expectNear(mean(points.map { Double($0.y) }), 37, within: 0.3)
  }

  @Test func everyColorOfAListIsDrawn() throws {
    let keys = """
      text_color: ["#010203", "#040506"], curve_color: ["#010203", "#040506"], background_color: ["#010203", "#040506"],
      noise_color: ["#010203", "#040506"], curve_count: [0, 2], noise_count: [3, 5]
      """
    let style = try Self.style(keys)
    let samples = (0..<200 as Range<UInt64>).map { style.parameters(of: Self.alphabet.suffix(4), seed: $0) }
    let both: Set<SIMD3<UInt8>> = [SIMD3(1, 2, 3), SIMD3(4, 5, 6)]
    #expect(Set(samples.map(\.background)) == both && Set(samples.map(\.noise.color)) == both)
    #expect(Set(samples.flatMap { $0.glyphs.map(\.color) }) == both)
    #expect(samples.contains { Set($0.glyphs.map(\.color)) == both })
    #expect(Set(samples.flatMap { $0.curves.map(\.color) }) == both)
    #expect(Set(samples.map(\.curves.count)) == [0, 1, 2] && Set(samples.map(\.noise.points.count)) == [3, 4, 5])
  }

  @Test func refusesTextsThatWouldBeCutOff() throws {
    let error = #expect(throws: GeneratorError.self) {
      try CaptchaGenerator(spec: try captchaSpec("style: wheezy, charset: digits+upper, length: 6"))
    }
    #expect(try #require(error).description.contains("6 characters of font size 75"))
  }

  @Test(arguments: [
    Fault("width is 0") { $0.width = 0 }, Fault("height is 4097") { $0.height = 4097 },
    Fault("glyphs is 0") { $0.glyphs = [] }, Fault("squeeze_factor is nan") { $0.squeezeFactor = .nan },
    Fault("font_size is 257") { $0.glyphs[0].fontSize = 257 }, Fault("warp is") { $0.glyphs[0].warp.w = .min },
    Fault("rotation_degrees is inf") { $0.glyphs[0].rotationDegrees = .infinity },
    Fault("offset is -1") { $0.glyphs[0].offset.y = -1 }, Fault("width of a curve is 1") { $0.curves[0].width = 1 },
    Fault("heights is 0") { $0.curves[0].heights = [] },
    Fault("height of a curve is") { $0.curves[0].heights[0] = .max }, Fault("level is 0") { $0.noise.level = 0 },
    Fault("level is 65") { $0.noise.level = 65 }, Fault("width of a curve is 65") { $0.curves[0].width = 65 },
    Fault("point is 4097") { $0.noise.points[0].x = 4097 },
  ])
  func refusesWhatCannotBeDrawn(_ fault: Fault) throws {
    var parameters = try Self.firstCase()
    fault.make(&parameters)
    let error = #expect(throws: GeneratorError.self) { try Self.render(parameters) }
    #expect(error?.description.contains(fault.message) == true, "\(String(describing: error))")
  }

  /// The farthest that is allowed.
  @Test(arguments: [
    Fault("size") { $0.glyphs[0].fontSize = 256 }, Fault("small") { ($0.width, $0.height) = (1, 1) },
    Fault("warp") { $0.glyphs[0].warp = SIMD4(512, -512, -512, 512) },
    Fault("offset") { $0.glyphs[0].offset = SIMD2(512, 512) },
    Fault("curve") { ($0.curves[0].width, $0.curves[0].heights) = (64, [-4096, 4096, -4096]) },
    Fault("noise") { ($0.noise.level, $0.noise.points) = (64, [SIMD2(-4096, 4096), SIMD2(-9, 5)]) },
    Fault("space") { $0.glyphs[0].character = " " }, Fault("black") { $0.glyphs[0].color = SIMD3() },
    Fault("squeezed") { $0.squeezeFactor = 0 }, Fault("no curve") { $0.curves = [] },
  ])
  func drawsTheExtremes(_ extreme: Fault) throws {
    var parameters = try Self.firstCase()
    extreme.make(&parameters)
    let image = try Self.render(parameters)
    #expect(image.geometry == Geometry(width: parameters.width, height: parameters.height, format: .rgb))
  }

  private static func firstCase() throws -> WheezyParameters {
    try JSONDecoder().decode(WheezyParameters.self, from: try #require(try GoldenCase.lines(of: "wheezy").first))
  }

  private static func render(_ parameters: WheezyParameters) throws -> Image {
    try parameters.render(font: .find("Noto Mono"), format: .rgb)
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let message: String
    let make: @Sendable (inout WheezyParameters) -> Void
    var testDescription: String { message }

    init(_ message: String, make: @escaping @Sendable (inout WheezyParameters) -> Void) {
      self.message = message
      self.make = make
    }
  }

  private func expectNear(
    _ value: Double, _ expected: Double, within tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(abs(value - expected) < tolerance, "\(value)", sourceLocation: sourceLocation)
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
