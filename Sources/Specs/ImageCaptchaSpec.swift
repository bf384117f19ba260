/// Settings of style `image-captcha`. Each image or character draws its own values, uniformly from the ranges. Defaults
/// are those of the Python package `captcha` 0.7.1, class ImageCaptcha; its names are in parentheses.
package struct ImageCaptchaSpec: Sendable, Hashable {
  /// Font sizes in pixels per em; each character draws one.
  package let fontSizes: [Int]
  /// Rotation of a character in degrees, counterclockwise (`character_rotate`).
  package let rotation: ClosedRange<Double>
  /// How far a character's corners are moved sideways: up to u * (upper - lower) of its width and `lower` pixels more,
  /// with u in 0 ..< 1 (`character_warp_dx`).
  package let warpX: ClosedRange<Double>
  /// The same vertically, with its height (`character_warp_dy`).
  package let warpY: ClosedRange<Double>
  /// Pixels left of a character in its own image; they matter where ink extends beyond the character's box
  /// (`character_offset_dx`).
  package let offsetX: ClosedRange<Int>
  /// Pixels above it (`character_offset_dy`).
  package let offsetY: ClosedRange<Int>
  /// Probability of a space before a character (`word_space_probability`).
  package let spaceProbability: Double
  /// Largest overlap of two characters, as a fraction of the characters' mean width (`word_offset_dx`).
  package let overlap: Double
  /// Red, green and blue of the background, drawn independently.
  package let backgroundColor: ClosedRange<Int>
  /// Red, green and blue of text, dots and arcs, drawn independently.
  package let textColor: ClosedRange<Int>
  package let textOpacity: ClosedRange<Int>
  package let dotCount: ClosedRange<Int>
  /// Pillow's line width in pixels; 3, 4 and 5 look the same.
  package let dotWidth: Int
  package let arcCount: ClosedRange<Int>
  /// Start of an arc in degrees, clockwise from three o'clock.
  package let arcStart: ClosedRange<Int>
  /// Its end, likewise.
  package let arcEnd: ClosedRange<Int>
}

extension ImageCaptchaSpec: StyleSpec {
  package static let word = "image-captcha"
  package static let summary = "images as the Python package captcha 0.7.1 draws them"

  package enum Key: String, SpecKey {
    case fontSizes = "font_sizes"
    case rotation
    case warpX = "warp_x"
    case warpY = "warp_y"
    case offsetX = "offset_x"
    case offsetY = "offset_y"
    case spaceProbability = "space_probability"
    case overlap
    case backgroundColor = "background_color"
    case textColor = "text_color"
    case textOpacity = "text_opacity"
    case dotCount = "dot_count"
    case dotWidth = "dot_width"
    case arcCount = "arc_count"
    case arcStart = "arc_start"
    case arcEnd = "arc_end"
  }

  /// - Parameter height: Of the image, in pixels; nil where nothing is drawn.
  package init(_ mapping: SpecMapping<Key>, height: Int?) throws(SpecError) {
    fontSizes = try mapping.fontSizes(.fontSizes, imageHeight: height, default: [42, 50, 56])
    rotation = try mapping.range(.rotation, in: -89...89, default: -30...30)
    warpX = try mapping.range(.warpX, in: 0...1, default: 0.1...0.3)
    warpY = try mapping.range(.warpY, in: 0...1, default: 0.2...0.3)
    offsetX = try mapping.wholeRange(.offsetX, in: 0...64, default: 0...4)
    offsetY = try mapping.wholeRange(.offsetY, in: 0...64, default: 0...6)
    spaceProbability = try mapping.number(.spaceProbability, in: 0...1, default: 0.5)
    overlap = try mapping.number(.overlap, in: 0...0.9, default: 0.25)
    backgroundColor = try mapping.wholeRange(.backgroundColor, in: 0...255, default: 238...255)
    textColor = try mapping.wholeRange(.textColor, in: 0...255, default: 10...200)
    // With less, the faintest ink would be cut off as background.
    textOpacity = try mapping.wholeRange(.textOpacity, in: 128...255, default: 220...255)
    dotCount = try mapping.wholeRange(.dotCount, in: 0...1000, default: 30...30)
    dotWidth = try mapping.wholeNumber(.dotWidth, in: 1...11, default: 3)
    arcCount = try mapping.wholeRange(.arcCount, in: 0...100, default: 1...1)
    arcStart = try mapping.wholeRange(.arcStart, in: 0...90, default: 0...20)
    arcEnd = try mapping.wholeRange(.arcEnd, in: 91...359, default: 160...200)
  }

  package var canonicalText: String {
    lines(
      (Key.fontSizes, text(fontSizes)), (.rotation, text(rotation)), (.warpX, text(warpX)), (.warpY, text(warpY)),
      (.offsetX, text(offsetX)), (.offsetY, text(offsetY)), (.spaceProbability, "\(spaceProbability)"),
      (.overlap, "\(overlap)"), (.backgroundColor, text(backgroundColor)), (.textColor, text(textColor)),
      (.textOpacity, text(textOpacity)), (.dotCount, text(dotCount)), (.dotWidth, "\(dotWidth)"),
      (.arcCount, text(arcCount)),
      (.arcStart, text(arcStart)), (.arcEnd, text(arcEnd)))
  }
}
