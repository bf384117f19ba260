/// Turns 8-bit pixels into a network's input: 1 - pixel / 255, so that white paper is 0 and black ink is 1.
/// - Parameters:
///   - pixels: [images, height, width, channel]
///   - output: [images, shape] in `precision`; overwritten.
package func preprocess(
  pixels: UnsafePointer<UInt8>, images: Int, output: UnsafeMutableRawPointer, shape: ActivationShape,
  precision: Precision
) {
  switch precision {
  case .float32: preprocess(Float.self, pixels, images: images, output, shape)
  case .bfloat16: preprocess(BFloat16.self, pixels, images: images, output, shape)
  }
}

private func preprocess<Value: Element>(
  _: Value.Type, _ pixels: UnsafePointer<UInt8>, images: Int, _ output: UnsafeMutableRawPointer,
  _ shape: ActivationShape
) {
  if shape.planeCount == 1 {
    for index in 0..<images * shape.elementCount {
      Value.storeValue(1 - Float(pixels[index]) / 255, output + index &* MemoryLayout<Value>.size)
    }
    return
  }
  // A plane of each colour. There are few pixel values: to look them up takes less than to compute them one by one.
  precondition(shape.block == 1)
  withUnsafeTemporaryAllocation(of: Value.self, capacity: 256) { values in
    guard let values = values.baseAddress else { return }
    for pixel in 0..<256 { Value.storeValue(1 - Float(pixel) / 255, values + pixel) }
    let (channels, planeCount) = (shape.channels, shape.pixelCount)
    for image in 0..<images {
      let first = image &* shape.elementCount
      for channel in 0..<channels {
        let plane = (output + (first &+ channel &* planeCount) &* MemoryLayout<Value>.size)
          .assumingMemoryBound(to: Value.self)
        let source = pixels + (first &+ channel)
        for pixel in 0..<planeCount { plane[pixel] = values[Int(source[pixel &* channels])] }
      }
    }
  }
}
