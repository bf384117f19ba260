/// Settings of style `plain`. Each image draws one value of each.
package struct PlainSpec: Sendable, Hashable {
  /// In pixels per em.
  package let fontSizes: [Int]
  package let backgroundColors: [SIMD3<UInt8>]
  package let textColors: [SIMD3<UInt8>]

  /// - Precondition: no list is empty.
  package init(fontSizes: [Int], backgroundColors: [SIMD3<UInt8>], textColors: [SIMD3<UInt8>]) {
    precondition(!fontSizes.isEmpty && !backgroundColors.isEmpty && !textColors.isEmpty)
    self.fontSizes = fontSizes
    self.backgroundColors = backgroundColors
    self.textColors = textColors
  }
}

extension PlainSpec: StyleSpec {
  package static let word = "plain"
  package static let summary = "upright characters in one line, without noise"

  package enum Key: String, SpecKey {
    case fontSizes = "font_sizes"
    case backgroundColor = "background_color"
    case textColor = "text_color"
  }

  /// - Parameter height: Of the image, in pixels; nil where nothing is drawn.
  package init(_ mapping: SpecMapping<Key>, height: Int?) throws(SpecError) {
    fontSizes = try mapping.fontSizes(.fontSizes, imageHeight: height, default: [40])
    backgroundColors = try mapping.colors(.backgroundColor, default: [SIMD3(255, 255, 255)])
    textColors = try mapping.colors(.textColor, default: [SIMD3(0, 0, 0)])
  }

  package var canonicalText: String {
    lines(
      (Key.fontSizes, text(fontSizes)), (.backgroundColor, text(backgroundColors)), (.textColor, text(textColors)))
  }
}
