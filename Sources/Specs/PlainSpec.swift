/// How style `plain` draws.
package struct PlainSpec: Sendable, Hashable {
  /// Pixels an em; one is chosen for each image.
  package let fontSizes: [Int]
  /// One is chosen for each image.
  package let backgroundColors: [SIMD3<UInt8>]
  /// One is chosen for each image.
  package let textColors: [SIMD3<UInt8>]

  /// - Precondition: there is one of each.
  package init(fontSizes: [Int], backgroundColors: [SIMD3<UInt8>], textColors: [SIMD3<UInt8>]) {
    precondition(!fontSizes.isEmpty && !backgroundColors.isEmpty && !textColors.isEmpty)
    self.fontSizes = fontSizes
    self.backgroundColors = backgroundColors
    self.textColors = textColors
  }
}

extension PlainSpec {
  enum Key: String, SpecKey {
    case fontSizes = "font_sizes"
    case backgroundColor = "background_color"
    case textColor = "text_color"
  }

  /// - Parameter height: Of the image, in pixels.
  init(_ mapping: SpecMapping<Key>, height: Int) throws(SpecError) {
    fontSizes = try mapping.fontSizes(.fontSizes, imageHeight: height, default: [40])
    backgroundColors = try mapping.colors(.backgroundColor, default: [SIMD3(255, 255, 255)])
    textColors = try mapping.colors(.textColor, default: [SIMD3(0, 0, 0)])
  }

  var canonicalText: String {
    lines(
      (Key.fontSizes, text(fontSizes)), (.backgroundColor, text(backgroundColors)), (.textColor, text(textColors)))
  }
}
