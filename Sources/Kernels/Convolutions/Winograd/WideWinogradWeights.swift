/// The kernels of a convolution, 3 x 3 each, as the matrices of `WideWinogradTiles`. Both ways go by rows: six matrices at a time, so
/// that what is read or written at once lies in few places.
struct WideWinogradWeights: Sendable {
  let inputs: Int
  let outputs: Int

  /// Floats that a caller lends to `transform` and `gradient`.
  var scratchCount: Int { 18 * max(inputs, outputs) }

  /// G g G' of every kernel.
  /// - Parameters:
  ///   - weights: [outputs, inputs, 3, 3]
  ///   - scratch: `scratchCount` floats; overwritten.
  ///   - result: [36, inputs, outputs]; overwritten.
  func transform(
    _ weights: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) {
    for input in 0..<inputs {
      transformRow(
        weights + input * 9, step: inputs * 9, isTurned: false, count: outputs, scratch: scratch,
        into: result + input * outputs, matrixCount: inputs * outputs)
    }
  }

  /// G g G' of every kernel turned by half a circle, for the input's gradient.
  /// - Parameters:
  ///   - weights: [outputs, inputs, 3, 3]
  ///   - scratch: `scratchCount` floats; overwritten.
  ///   - result: [36, outputs, inputs]; overwritten.
  func transformTurned(
    _ weights: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) {
    for output in 0..<outputs {
      transformRow(
        weights + output * inputs * 9, step: 9, isTurned: true, count: inputs, scratch: scratch,
        into: result + output * inputs, matrixCount: inputs * outputs)
    }
  }

  /// One row of every matrix.
  /// - Parameters:
  ///   - kernel: The first of `count` kernels, each `step` floats behind the one before.
  ///   - matrixCount: From one of the 36 matrices to the next.
  private func transformRow(
    _ kernel: UnsafePointer<Float>, step: Int, isTurned: Bool, count: Int, scratch: UnsafeMutablePointer<Float>,
    into result: UnsafeMutablePointer<Float>, matrixCount: Int
  ) {
    let floatByteCount = MemoryLayout<Float>.size
    let rowByteCount = count &* floatByteCount
    for first in stride(from: 0, to: count, by: 8) {
      let kernels = kernel + first &* step
      @inline(__always)
      func tap(_ number: Int) -> Vector {
        gathered(kernels + (isTurned ? 8 &- number : number), step: step)
      }
      let address = UnsafeMutableRawPointer(scratch + first)
      for column in 0..<3 {
        WideTileLine<Vector>.samples(tap(column), tap(column &+ 3), tap(column &+ 6))
          .store(address + column &* rowByteCount, step: 3 &* rowByteCount)
      }
    }
    for row in 0..<6 {
      let samples = UnsafeRawPointer(scratch + row &* 3 &* count)
      let matrices = UnsafeMutableRawPointer(result + row &* 6 &* matrixCount)
      for offset in stride(from: 0, to: rowByteCount, by: 8 &* floatByteCount) {
        WideTileLine<Vector>.samples(
          Float.load(samples + offset), Float.load(samples + rowByteCount + offset),
          Float.load(samples + 2 &* rowByteCount + offset)
        ).store(matrices + offset, step: matrixCount &* floatByteCount)
      }
    }
  }

  /// G' u G of every kernel.
  /// - Parameters:
  ///   - products: u: [36, inputs, outputs]
  ///   - scratch: `scratchCount` floats; overwritten.
  ///   - result: [9, inputs, outputs]; overwritten.
  func gradient(
    _ products: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) {
    let size = MemoryLayout<Float>.size
    let (matrixByteCount, rowByteCount) = (inputs &* outputs &* size, outputs &* size)
    for input in 0..<inputs {
      for row in 0..<6 {
        let matrices = UnsafeRawPointer(products + (row &* 6 &* inputs &+ input) &* outputs)
        let sums = UnsafeMutableRawPointer(scratch + row &* 3 &* outputs)
        for offset in stride(from: 0, to: rowByteCount, by: 8 &* size) {
          let sum = WideTileLine<Vector>.load(matrices + offset, step: matrixByteCount).kernelGradient
          Float.store(sum.0, sums + offset)
          Float.store(sum.1, sums + rowByteCount + offset)
          Float.store(sum.2, sums + 2 &* rowByteCount + offset)
        }
      }
      for column in 0..<3 {
        let sums = UnsafeRawPointer(scratch + column &* outputs)
        let taps = UnsafeMutableRawPointer(result + (column &* inputs &+ input) &* outputs)
        for offset in stride(from: 0, to: rowByteCount, by: 8 &* size) {
          let sum = WideTileLine<Vector>.load(sums + offset, step: 3 &* rowByteCount).kernelGradient
          Float.store(sum.0, taps + offset)
          Float.store(sum.1, taps + 3 &* matrixByteCount + offset)
          Float.store(sum.2, taps + 6 &* matrixByteCount + offset)
        }
      }
    }
  }

  /// From [9, inputs, outputs] to [outputs, inputs, 3, 3].
  func reorder(_ taps: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    for input in 0..<inputs {
      for output in 0..<outputs {
        let kernel = weights + (output &* inputs &+ input) &* 9
        for tap in 0..<9 { kernel[tap] = taps[(tap &* inputs &+ input) &* outputs &+ output] }
      }
    }
  }
}
