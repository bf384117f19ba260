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
  @inline(__always)
  func take(_ pixels: UnsafePointer<UInt8>, step: Int, count: Int, place: Int) {
    for index in 0..<count {
      Value.storeValue(
        1 - Float(pixels[index &* step]) / 255, output + (place &+ index) &* MemoryLayout<Value>.size)
    }
  }
  if shape.planeCount == 1 { return take(pixels, step: 1, count: images * shape.elementCount, place: 0) }
  precondition(shape.block == 1)
  for image in 0..<images {
    for channel in 0..<shape.channels {
      let place = image * shape.elementCount
      take(
        pixels + place + channel, step: shape.channels, count: shape.pixelCount,
        place: place + channel * shape.pixelCount)
    }
  }
}
