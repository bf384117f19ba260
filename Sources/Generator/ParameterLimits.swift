/// Limits of parameters from a file. Beyond them, an image cannot be drawn, or only with too much memory.
enum ParameterLimits {
  /// The largest width and height of an image, and any distance, in pixels.
  static let extentMax = 4096

  /// - Throws: `GeneratorError.invalidParameters` where `value` is outside `range`.
  static func require<Number: Comparable>(
    _ range: ClosedRange<Number>, _ value: Number, _ name: String
  ) throws(GeneratorError) {
    guard range.contains(value) else {
      throw .invalidParameters(reason: "\(name) is \(value), allowed: \(range.lowerBound) to \(range.upperBound)")
    }
  }

  static func requireExtent(_ value: Int, _ name: String) throws(GeneratorError) {
    try require(-extentMax...extentMax, value, name)
  }
}

/// A character in JSON: a text of one code point.
struct SingleCharacter: Decodable {
  let scalar: Unicode.Scalar

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not one Unicode character")
    }
    self.scalar = scalar
  }
}
