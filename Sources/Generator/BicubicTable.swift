/// Weights of a bicubic resize along one axis: Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` (`Resample.c`),
/// in its order of operations.
final class BicubicTable {
  /// Fraction bits of a weight.
  static let precisionBits = 22

  let inputCount: Int
  let outputCount: Int
  /// Weights of each output pixel; those beyond the last that Pillow uses are 0.
  let tapCount: Int
  /// For each output pixel, the first input pixel of its window, all of which is inside the input.
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
    // A window that would reach beyond the input starts earlier, with leading zeros.
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

/// A cache of tables. Glyphs come in some thousand pairs of sizes, and a table takes longer to compute than to apply.
struct BicubicTables: ~Copyable {
  /// A slot for each pair of an input below 512 and an output below 128; larger sizes share slots.
  private var tables = [BicubicTable?](repeating: nil, count: 1 << 16)
  private var weightCount = 0
  /// 16 MiB of weights; beyond that, all tables are dropped and computed again when needed.
  private static let weightCountMax = 4 << 20

  mutating func table(from inputCount: Int, to outputCount: Int) -> BicubicTable {
    let slot = (inputCount & 511) << 7 | (outputCount & 127)
    if let table = tables[slot], table.inputCount == inputCount && table.outputCount == outputCount { return table }
    if weightCount > Self.weightCountMax { self = BicubicTables() }
    let table = BicubicTable(inputCount: inputCount, outputCount: outputCount)
    weightCount += table.weights.count
    tables[slot] = table
    return table
  }
}

extension BicubicTable {
  /// One line of the output: in every channel the weighted sum of the input's lines, rounded and clipped to a byte.
  /// - Parameters:
  ///   - source: The input's first line.
  ///   - stride: Pixels of a line, whole vectors.
  ///   - hasAlpha: Whether the fourth channel is computed; else it is 0.
  @inline(__always)
  func weigh(
    line: Int, of source: UnsafePointer<UInt32>, stride: Int, hasAlpha: Bool, into target: UnsafeMutablePointer<UInt32>
  ) {
    let firstLine = source + first[line] * stride
    // SAFETY: the window of every line lies inside the input.
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress.map({ $0 + line * tapCount }) else { return }
      for offset in Swift.stride(from: 0, to: stride, by: PixelVector.scalarCount) {
        let sum = weightedSum(firstLine + offset, stride: stride, weights, count: tapCount, hasAlpha: hasAlpha)
        storePixels(sum, to: target + offset)
      }
    }
  }
}

/// The weighted sum of a vector of pixels from each of `count` lines.
@inline(__always)
private func weightedSum(
  _ source: UnsafePointer<UInt32>, stride: Int, _ weights: UnsafePointer<Int32>, count: Int, hasAlpha: Bool
) -> PixelVector {
  let half = SIMD16<Int32>(repeating: 1 << Int32(BicubicTable.precisionBits - 1))
  var (red, green, blue, alpha) = (half, half, half, half)
  var line = source
  for tap in 0..<count {
    let pixels = unsafeBitCast(loadPixels(line), to: SIMD16<Int32>.self)
    let weight = SIMD16<Int32>(repeating: weights[tap])
    red = red &+ (pixels & 255) &* weight
    green = green &+ ((pixels &>> 8) & 255) &* weight
    blue = blue &+ ((pixels &>> 16) & 255) &* weight
    if hasAlpha { alpha = alpha &+ ((pixels &>> 24) & 255) &* weight }
    line += stride
  }
  let color = clippedByte(red) | (clippedByte(green) &<< 8) | (clippedByte(blue) &<< 16)
  return unsafeBitCast(hasAlpha ? color | (clippedByte(alpha) &<< 24) : color, to: PixelVector.self)
}

/// The whole part of a weighted sum, clipped to 0 ... 255.
@inline(__always)
private func clippedByte(_ sum: SIMD16<Int32>) -> SIMD16<Int32> {
  let whole = sum &>> Int32(BicubicTable.precisionBits)
  let positive = whole & ~(whole &>> 31)
  return (positive | ((255 &- positive) &>> 31)) & 255
}
