/// Settings of style `wheezy`. Each image or character draws its own values, uniformly. Defaults are those of the
/// Python package wheezy.captcha 3.2.2 and the composition in its documentation; its names are in parentheses.
package struct WheezySpec: Sendable, Hashable {
  /// Font sizes in pixels per em; each character draws one (`text`, `font_sizes`).
  package let fontSizes: [Int]
  /// How far a character's corners are moved sideways, as a fraction of its width (`warp`, `dx_factor`).
  package let warpX: Double
  /// How far they are moved vertically, as a fraction of its height (`dy_factor`).
  package let warpY: Double
  /// Rotation of a character in degrees, counterclockwise (`rotate`, `angle`).
  package let rotation: ClosedRange<Double>
  /// How far a character is moved to the right, as a fraction of its width (`offset`, `dx_factor`).
  package let offsetX: Double
  /// How far it is moved down, as a fraction of its height (`dy_factor`).
  package let offsetY: Double
  /// Distance to the next character, as a fraction of a character's width (`text`, `squeeze_factor`).
  package let squeezeFactor: Double
  /// Each image draws one (`background`, `color`).
  package let backgroundColors: [SIMD3<UInt8>]
  /// Each character draws one (`text`, `color`).
  package let textColors: [SIMD3<UInt8>]
  package let curveCount: ClosedRange<Int>
  /// Each curve draws one (`curve`, `color`).
  package let curveColors: [SIMD3<UInt8>]
  /// Pixels (`curve`, `width`).
  package let curveWidth: Int
  /// Control points of a curve; the package's `number` is one more.
  package let curvePoints: Int
  /// Dashes (`noise`, `number`).
  package let noiseCount: ClosedRange<Int>
  /// Each image draws one (`noise`, `color`).
  package let noiseColors: [SIMD3<UInt8>]
  /// Width and height of a dash in pixels (`noise`, `level`).
  package let noiseLevel: Int
}

extension WheezySpec: StyleSpec {
  package static let word = "wheezy"
  package static let summary = "images as the Python package wheezy.captcha 3.2.2 draws them"

  package enum Key: String, SpecKey {
    case fontSizes = "font_sizes"
    case warpX = "warp_x"
    case warpY = "warp_y"
    case rotation
    case offsetX = "offset_x"
    case offsetY = "offset_y"
    case squeezeFactor = "squeeze_factor"
    case backgroundColor = "background_color"
    case textColor = "text_color"
    case curveCount = "curve_count"
    case curveColor = "curve_color"
    case curveWidth = "curve_width"
    case curvePoints = "curve_points"
    case noiseCount = "noise_count"
    case noiseColor = "noise_color"
    case noiseLevel = "noise_level"
  }

  /// - Parameter height: Of the image, in pixels; nil where nothing is drawn.
  package init(_ mapping: SpecMapping<Key>, height: Int?) throws(SpecError) {
    let (paper, pen) = (SIMD3<UInt8>(0xEE, 0xEE, 0xCC), SIMD3<UInt8>(0x5C, 0x87, 0xB2))
    fontSizes = try mapping.fontSizes(.fontSizes, imageHeight: height, default: [65, 70, 75])
    warpX = try mapping.number(.warpX, in: 0...1, default: 0.27)
    warpY = try mapping.number(.warpY, in: 0...1, default: 0.21)
    rotation = try mapping.range(.rotation, in: -89...89, default: -25...25)
    offsetX = try mapping.number(.offsetX, in: 0...1, default: 0.1)
    offsetY = try mapping.number(.offsetY, in: 0...1, default: 0.2)
    squeezeFactor = try mapping.number(.squeezeFactor, in: 0.1...2, default: 0.8)
    backgroundColors = try mapping.colors(.backgroundColor, default: [paper])
    textColors = try mapping.colors(.textColor, default: [pen])
    curveCount = try mapping.wholeRange(.curveCount, in: 0...100, default: 1...1)
    curveColors = try mapping.colors(.curveColor, default: [pen])
    curveWidth = try mapping.wholeNumber(.curveWidth, in: 2...32, default: 4)
    curvePoints = try mapping.wholeNumber(.curvePoints, in: 2...15, default: 5)
    noiseCount = try mapping.wholeRange(.noiseCount, in: 0...1000, default: 50...50)
    noiseColors = try mapping.colors(.noiseColor, default: [paper])
    noiseLevel = try mapping.wholeNumber(.noiseLevel, in: 1...32, default: 2)
  }

  package var canonicalText: String {
    lines(
      (Key.fontSizes, text(fontSizes)), (.warpX, "\(warpX)"), (.warpY, "\(warpY)"), (.rotation, text(rotation)),
      (.offsetX, "\(offsetX)"), (.offsetY, "\(offsetY)"), (.squeezeFactor, "\(squeezeFactor)"),
      (.backgroundColor, text(backgroundColors)), (.textColor, text(textColors)), (.curveCount, text(curveCount)),
      (.curveColor, text(curveColors)), (.curveWidth, "\(curveWidth)"), (.curvePoints, "\(curvePoints)"),
      (.noiseCount, text(noiseCount)), (.noiseColor, text(noiseColors)), (.noiseLevel, "\(noiseLevel)"))
  }
}
