/// Limits of parameters from a file. Beyond them, an image cannot be drawn, or only with too much memory.
enum ParameterLimits {
  /// The largest width and height of an image, and any distance, in pixels.
  static let extentMax = 4096
  static let extents = -extentMax...extentMax

  /// - Throws: `GeneratorError.invalidParameters` where `value` is outside `range`.
  static func require<Number: Comparable>(
    _ range: ClosedRange<Number>, _ value: Number, _ name: String
  ) throws(GeneratorError) {
    guard range.contains(value) else {
      throw .invalidParameters(reason: "\(name) is \(value), allowed: \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// The same of each of a vector's numbers.
  static func require<Vector: SIMD<Int>>(
    _ range: ClosedRange<Int>, _ values: Vector, _ name: String
  ) throws(GeneratorError) {
    for index in values.indices { try require(range, values[index], name) }
  }
}
