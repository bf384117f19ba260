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
    func forward<Value: Element>(_: Value.Type) {
      forEachValue(images: images) { blocked, flat in
        output[flat] = Value.loadValue(input + blocked &* MemoryLayout<Value>.size)
      }
    }
    switch precision {
    case .float32: forward(Float.self)
    case .bfloat16: forward(BFloat16.self)
    }
  }

  /// Overwrites `inputGradient`, [images, shape], from `outputGradient`, [images, channels * height * width].
  package func backward(
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutableRawPointer, images: Int
  ) {
    func backward<Value: Element>(_: Value.Type) {
      forEachValue(images: images) { blocked, flat in
        Value.storeValue(outputGradient[flat], inputGradient + blocked &* MemoryLayout<Value>.size)
      }
    }
    switch precision {
    case .float32: backward(Float.self)
    case .bfloat16: backward(BFloat16.self)
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
