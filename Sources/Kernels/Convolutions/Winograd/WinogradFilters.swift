extension WinogradTransforms {
  var filterScratchCount: Int { 3 * (Self.tileSize + 2) * max(inputChannels, outputChannels) }

  func transformFilters(
    _ weights: UnsafePointer<Float>, turns: Bool, scratch: UnsafeMutablePointer<Float>,
    into result: UnsafeMutablePointer<Float>
  ) {
    let (rows, count) = turns ? (outputChannels, inputChannels) : (inputChannels, outputChannels)
    let (rowStep, step) = turns ? (inputChannels * 9, 9) : (9, inputChannels * 9)
    for row in 0..<rows {
      transformRow(
        weights + row * rowStep, step: step, turns: turns, count: count, scratch: scratch, into: result + row * count)
    }
  }

  /// One row of every matrix. Computes one of the tile's m + 2 rows at a time, so that the loops write to few matrices at
  /// once.
  /// - Parameters:
  ///   - kernel: The first of `count` kernels, each `step` floats behind the one before.
  ///   - result: The row of the first matrix.
  private func transformRow(
    _ kernel: UnsafePointer<Float>, step: Int, turns: Bool, count: Int, scratch: UnsafeMutablePointer<Float>,
    into result: UnsafeMutablePointer<Float>
  ) {
    let floatByteCount = MemoryLayout<Float>.size
    let (rowByteCount, matrixCount) = (count &* floatByteCount, inputChannels &* outputChannels)
    for first in stride(from: 0, to: count, by: 8) {
      let kernels = kernel + first &* step
      @inline(__always)
      func tap(_ number: Int) -> Vector {
        gathered(kernels + (turns ? 8 &- number : number), step: step)
      }
      let address = UnsafeMutableRawPointer(scratch + first)
      for column in 0..<3 {
        Line.filter(tap(column), tap(column &+ 3), tap(column &+ 6))
          .store(address + column &* rowByteCount, step: 3 &* rowByteCount)
      }
    }
    for row in 0..<Self.tileSize &+ 2 {
      let columns = UnsafeRawPointer(scratch + row &* 3 &* count)
      let matrices = UnsafeMutableRawPointer(result + row &* (Self.tileSize &+ 2) &* matrixCount)
      for offset in stride(from: 0, to: rowByteCount, by: 8 &* floatByteCount) {
        Line.filter(
          Float.load(columns + offset), Float.load(columns + rowByteCount + offset),
          Float.load(columns + 2 &* rowByteCount + offset)
        ).store(matrices + offset, step: matrixCount &* floatByteCount)
      }
    }
  }
}

extension WinogradF4x4 {
  /// The kernels' gradients, G' u G.
  /// - Parameters:
  ///   - products: u: [36, in, out]
  ///   - scratch: `filterScratchCount` floats; overwritten.
  ///   - result: [9, in, out]; overwritten.
  func transformFilterGradient(
    _ products: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) {
    let (size, inputs, outputs) = (MemoryLayout<Float>.size, inputChannels, outputChannels)
    let (matrixByteCount, rowByteCount) = (inputs &* outputs &* size, outputs &* size)
    for input in 0..<inputs {
      for row in 0..<6 {
        let matrices = UnsafeRawPointer(products + (row &* 6 &* inputs &+ input) &* outputs)
        let sums = UnsafeMutableRawPointer(scratch + row &* 3 &* outputs)
        for offset in stride(from: 0, to: rowByteCount, by: 8 &* size) {
          let sum = Line.load(matrices + offset, step: matrixByteCount).filterGradient
          Float.store(sum.0, sums + offset)
          Float.store(sum.1, sums + rowByteCount + offset)
          Float.store(sum.2, sums + 2 &* rowByteCount + offset)
        }
      }
      for column in 0..<3 {
        let sums = UnsafeRawPointer(scratch + column &* outputs)
        let taps = UnsafeMutableRawPointer(result + (column &* inputs &+ input) &* outputs)
        for offset in stride(from: 0, to: rowByteCount, by: 8 &* size) {
          let sum = Line.load(sums + offset, step: 3 &* rowByteCount).filterGradient
          Float.store(sum.0, taps + offset)
          Float.store(sum.1, taps + 3 &* matrixByteCount + offset)
          Float.store(sum.2, taps + 6 &* matrixByteCount + offset)
        }
      }
    }
  }

  /// Reorders [9, in, out] to [out, in, 3, 3].
  func reorderTaps(_ taps: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    let (inputs, outputs) = (inputChannels, outputChannels)
    for input in 0..<inputs {
      for output in 0..<outputs {
        let kernel = weights + (output &* inputs &+ input) &* 9
        for tap in 0..<9 { kernel[tap] = taps[(tap &* inputs &+ input) &* outputs &+ output] }
      }
    }
  }
}
