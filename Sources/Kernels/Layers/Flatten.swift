/// Reorders an activation to float32 rows of [channel, height, width], the order of linear layers and model files, and
/// back.
package struct Flatten: Sendable, Hashable {
  package let shape: ActivationShape
  package let precision: Precision

  package init(shape: ActivationShape, precision: Precision) {
    self.shape = shape
    self.precision = precision
  }

  /// Overwrites `output`, [images, channels * height * width], from `input`, [images, shape].
  package func forward(input: UnsafeRawPointer, output: UnsafeMutablePointer<Float>, images: Int) {
    switch precision {
    case .float32: forward(Float.self, input, output, images: images)
    case .bfloat16: forward(BFloat16.self, input, output, images: images)
    }
  }

  /// Overwrites `inputGradient`, [images, shape], from `outputGradient`, [images, channels * height * width].
  package func backward(
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutableRawPointer, images: Int
  ) {
    switch precision {
    case .float32: backward(Float.self, outputGradient, inputGradient, images: images)
    case .bfloat16: backward(BFloat16.self, outputGradient, inputGradient, images: images)
    }
  }

  private func forward<Value: Element>(
    _: Value.Type, _ input: UnsafeRawPointer, _ output: UnsafeMutablePointer<Float>, images: Int
  ) {
    forEachValue(images: images) { blocked, flat in
      output[flat] = Value.loadValue(input + blocked &* MemoryLayout<Value>.size)
    }
  }

  private func backward<Value: Element>(
    _: Value.Type, _ outputGradient: UnsafePointer<Float>, _ inputGradient: UnsafeMutableRawPointer, images: Int
  ) {
    forEachValue(images: images) { blocked, flat in
      Value.storeValue(outputGradient[flat], inputGradient + blocked &* MemoryLayout<Value>.size)
    }
  }

  @inline(__always)
  private func forEachValue(images: Int, _ body: (_ blocked: Int, _ flat: Int) -> Void) {
    let (block, pixelCount) = (shape.block, shape.pixelCount)
    for plane in 0..<images &* shape.planeCount {
      let start = plane &* shape.planeElementCount
      for channel in 0..<block {
        for pixel in 0..<pixelCount {
          body(start &+ pixel &* block &+ channel, start &+ channel &* pixelCount &+ pixel)
        }
      }
    }
  }
}
