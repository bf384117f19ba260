/// A convolution's output, or its gradient, as a matrix: [output pixel, out] in float32. Rows of output pixels are counted
/// through the images of a lane.
struct OutputMatrix: Sendable {
  let output: ActivationShape
  /// The activation already is the matrix.
  let isActivation: Bool

  /// Values of some rows of output pixels.
  func count(ofRows rows: Int) -> Int { rows * output.width * output.channels }

  /// Calls `body` with the offset of each pixel's block of channels, in the matrix of these rows and in the activation.
  private func forEachBlock(ofRows rows: Range<Int>, _ body: (_ matrixOffset: Int, _ offset: Int) -> Void) {
    var matrixOffset = 0
    for row in rows {
      let (image, y) = row.quotientAndRemainder(dividingBy: output.height)
      for x in 0..<output.width {
        for plane in 0..<output.planeCount {
          let pixel = plane &* output.pixelCount &+ y &* output.width &+ x
          body(matrixOffset, image &* output.elementCount &+ pixel &* output.block)
          matrixOffset &+= output.block
        }
      }
    }
  }

  /// Overwrites `matrix` with some rows of an activation, [images, output].
  func gather<Value: Element>(
    _ type: Value.Type, rows: Range<Int>, from activation: UnsafeRawPointer, into matrix: UnsafeMutablePointer<Float>
  ) {
    forEachBlock(ofRows: rows) { matrixOffset, offset in
      copyValues(
        type, activation + offset &* MemoryLayout<Value>.size, to: matrix + matrixOffset, count: output.block)
    }
  }

  /// Overwrites some rows of an activation.
  /// - Parameters:
  ///   - matrix: Of these rows.
  ///   - bias: [out]; nil adds none.
  ///   - result: [images, output]
  func store<Value: Element>(
    _: Value.Type, _ matrix: UnsafePointer<Float>, bias: UnsafePointer<Float>?, rows: Range<Int>,
    into result: UnsafeMutableRawPointer
  ) {
    forEachBlock(ofRows: rows) { matrixOffset, offset in
      let destination = result + offset &* MemoryLayout<Value>.size
      let channels = bias.map { $0 + matrixOffset % output.channels }
      forEachVector(count: output.block) { channel, width in
        var value = Float.load(matrix + matrixOffset, at: channel, width: width)
        if let channels { value += Float.load(channels, at: channel, width: width) }
        Value.store(value, destination, at: channel, width: width)
      }
    }
  }

  /// Adds an activation's values, [images, output], of all pixels to `sums`, [out].
  func addPixels<Value: Element>(
    _: Value.Type, of activation: UnsafeRawPointer, images: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    for plane in 0..<images * output.planeCount {
      let sums = sums + plane % output.planeCount * output.block
      let first = activation + plane * output.planeElementCount * MemoryLayout<Value>.size
      forEachVector(count: output.block) { channel, width in
        var sum = Float.load(sums, at: channel, width: width)
        for pixel in 0..<output.pixelCount {
          sum += Value.load(first, at: pixel &* output.block &+ channel, width: width)
        }
        Float.store(sum, sums, at: channel, width: width)
      }
    }
  }
}
