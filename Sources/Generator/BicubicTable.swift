/// Weights of a bicubic resize along one axis: Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` (`Resample.c`),
/// in its order of operations.
final class BicubicTable {
  /// Bits behind the point of a weight.
  static let precisionBits = 22

  let inputCount: Int
  let outputCount: Int
  /// Weights of each output pixel; those beyond the last that Pillow uses are 0.
  let tapCount: Int
  /// For each output pixel, the first input pixel that counts. All `tapCount` from there on exist.
  let first: [Int]
  /// [outputCount, tapCount]
  let weights: [Int32]

  init(inputCount: Int, outputCount: Int) {
    let scale = Double(inputCount) / Double(outputCount)
    let filterScale = max(scale, 1)
    let support = 2 * filterScale
    var windows: [(first: Int, weights: [Int32])] = []
    for index in 0..<outputCount {
      let center = (Double(index) + 0.5) * scale
      let lower = max(0, Int(center - support + 0.5))
      let upper = min(inputCount, Int(center + support + 0.5))
      let raw = (0..<upper - lower).map { bicubic((Double($0 + lower) - center + 0.5) * (1 / filterScale)) }
      let sum = raw.reduce(0, +)
      let weights = raw.map { weight in
        let scaled = weight / sum * Double(1 << Self.precisionBits)
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
      }
      windows.append((lower, weights))
    }
    let tapCount = windows.reduce(1) { max($0, $1.weights.count) }
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.tapCount = tapCount
    // A window near the end is moved back, behind leading zeros, where it would reach beyond the input.
    first = windows.map { min($0.first, inputCount - tapCount) }
    weights = windows.flatMap { window in
      let leading = window.first - min(window.first, inputCount - tapCount)
      let trailing = tapCount - leading - window.weights.count
      return [Int32](repeating: 0, count: leading) + window.weights + [Int32](repeating: 0, count: trailing)
    }
  }
}

/// The cubic convolution kernel with a = -0.5.
private func bicubic(_ distance: Double) -> Double {
  let x = abs(distance)
  if x < 1 { return ((-0.5 + 2.0) * x - (-0.5 + 3.0)) * x * x + 1 }
  if x < 2 { return (((x - 5) * x + 8) * x - 4) * -0.5 }
  return 0
}

/// The tables in use. Glyphs come in some thousand pairs of sizes, each table taking longer to compute than to apply.
struct BicubicTables: ~Copyable {
  private var tables: [SIMD2<Int>: BicubicTable] = [:]
  private var weightCount = 0
  /// 16 MiB of weights; beyond, all are dropped, and those in use come back.
  private static let weightCountMax = 4 << 20

  mutating func table(from inputCount: Int, to outputCount: Int) -> BicubicTable {
    let key = SIMD2(inputCount, outputCount)
    if let table = tables[key] { return table }
    if weightCount > Self.weightCountMax {
      tables = [:]
      weightCount = 0
    }
    let table = BicubicTable(inputCount: inputCount, outputCount: outputCount)
    tables[key] = table
    weightCount += table.weights.count
    return table
  }
}

/// The weighted sum of 16 bytes each of several lines, rounded and clipped to bytes.
/// - Parameters:
///   - source: The first line's bytes.
///   - stride: Bytes from one line to the next.
///   - weights: One for each line.
@inline(__always)
func weightedSum(
  _ source: UnsafeRawPointer, stride: Int, weights: UnsafePointer<Int32>, count: Int
) -> SIMD16<UInt8> {
  var sum = SIMD16<Int32>(repeating: 1 << Int32(BicubicTable.precisionBits - 1))
  var line = source
  for tap in 0..<count {
    let bytes = line.loadUnaligned(as: SIMD16<UInt8>.self)
    sum = sum &+ SIMD16<Int32>(truncatingIfNeeded: bytes) &* SIMD16(repeating: weights[tap])
    line += stride
  }
  let whole = sum &>> SIMD16(repeating: Int32(BicubicTable.precisionBits))
  // The sign, spread over all bits, clears what is below 0 and sets what is above 255: vector comparisons of 16 lanes are
  // not compiled to vector code.
  let positive = whole & ~(whole &>> 31)
  return SIMD16<UInt8>(truncatingIfNeeded: positive | ((255 &- positive) &>> 31))
}
