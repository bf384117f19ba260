/// Turns 8-bit pixels into a network's input: 1 - pixel / 255, so that white paper is 0 and black ink is 1. Pixels
/// keep their order, [images, height, width, channel], which is an activation whose block is all its channels.
/// - Parameters:
///   - pixels: `count` of them.
///   - output: `count` values of `precision`; overwritten.
package func preprocess(
  pixels: UnsafePointer<UInt8>, count: Int, output: UnsafeMutableRawPointer, precision: Precision
) {
  switch precision {
  case .float32: preprocess(Float.self, pixels, count: count, output)
  case .bfloat16: preprocess(BFloat16.self, pixels, count: count, output)
  }
}

private func preprocess<Value: Element>(
  _: Value.Type, _ pixels: UnsafePointer<UInt8>, count: Int, _ output: UnsafeMutableRawPointer
) {
  for index in 0..<count {
    Value.storeValue(1 - Float(pixels[index]) / 255, output + index &* MemoryLayout<Value>.size)
  }
}
