/// How style `wheezy` draws. Every choice is made anew for each image or character, each value equally likely; the defaults
/// are those of the Python package wheezy.captcha 3.2.2 and the composition of its documentation, whose names are given.
package struct WheezySpec: Sendable, Hashable {
  /// Pixels an em; one is chosen for each character (`text`, `font_sizes`).
  package let fontSizes: [Int]
  /// Up to how much of its width a character's corners are pulled sideways (`warp`, `dx_factor`).
  package let warpX: Double
  /// Up to how much of its height they are pulled up and down (`dy_factor`).
  package let warpY: Double
  /// Of a character, in degrees, counterclockwise (`rotate`, `angle`).
  package let rotation: ClosedRange<Double>
  /// Up to how much of its width a character is moved to the right (`offset`, `dx_factor`).
  package let offsetX: Double
  /// Up to how much of its height it is moved down (`dy_factor`).
  package let offsetY: Double
  /// By how much of a character's width the next one follows (`text`, `squeeze_factor`).
  package let squeezeFactor: Double
  /// One is chosen for each image (`background`, `color`).
  package let backgroundColors: [SIMD3<UInt8>]
  /// One is chosen for each character (`text`, `color`).
  package let textColors: [SIMD3<UInt8>]
  package let curveCount: ClosedRange<Int>
  /// One is chosen for each curve (`curve`, `color`).
  package let curveColors: [SIMD3<UInt8>]
  /// Pixels (`curve`, `width`).
  package let curveWidth: Int
  /// Control points of a curve; the package's `number` is one more.
  package let curvePoints: Int
  /// Dashes (`noise`, `number`).
  package let noiseCount: ClosedRange<Int>
  /// One is chosen for each image (`noise`, `color`).
  package let noiseColors: [SIMD3<UInt8>]
  /// Width and height of a dash in pixels (`noise`, `level`).
  package let noiseLevel: Int
}

extension WheezySpec {
  enum Key: String, SpecKey {
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

  /// - Parameter height: Of the image, in pixels.
  init(_ mapping: SpecMapping<Key>, height: Int) throws(SpecError) {
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

  var canonicalText: String {
    lines(
      (Key.fontSizes, text(fontSizes)), (.warpX, "\(warpX)"), (.warpY, "\(warpY)"), (.rotation, text(rotation)),
      (.offsetX, "\(offsetX)"), (.offsetY, "\(offsetY)"), (.squeezeFactor, "\(squeezeFactor)"),
      (.backgroundColor, text(backgroundColors)), (.textColor, text(textColors)), (.curveCount, text(curveCount)),
      (.curveColor, text(curveColors)), (.curveWidth, "\(curveWidth)"), (.curvePoints, "\(curvePoints)"),
      (.noiseCount, text(noiseCount)), (.noiseColor, text(noiseColors)), (.noiseLevel, "\(noiseLevel)"))
  }
}
