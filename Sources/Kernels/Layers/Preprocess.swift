/// Turns 8-bit pixels into a network's input: 1 - pixel / 255, so that white paper is 0 and black ink is 1.
/// - Parameters:
///   - pixels: [images, height, width, channel]
///   - output: [images, shape] in `precision`; overwritten.
package func preprocess(
  pixels: UnsafePointer<UInt8>, images: Int, output: UnsafeMutableRawPointer, shape: ActivationShape,
  precision: Precision
) {
  func preprocess<Value: Element>(_: Value.Type) {
    if shape.planeCount == 1 {
      for index in 0..<images * shape.elementCount {
        Value.storeValue(1 - Float(pixels[index]) / 255, output + index &* MemoryLayout<Value>.size)
      }
      return
    }
    precondition(shape.block == 1 && shape.channels == 3)
    for image in 0..<images {
      let first = image &* shape.elementCount
      splitColours(Value.self, pixels + first, output + first &* MemoryLayout<Value>.size, count: shape.pixelCount)
    }
  }
  switch precision {
  case .float32: preprocess(Float.self)
  case .bfloat16: preprocess(BFloat16.self)
  }
}

/// Reorders one image with three colours, from [pixel, colour] to [colour, pixel].
///
/// The loop stores all three colours of a pixel before the next pixel, which the compiler vectorises: plane by plane takes
/// three times as long. It is not inlined, since the compiler does not vectorise the loop inside the one over the images.
@inline(never)
private func splitColours<Value: Element>(
  _: Value.Type, _ pixels: UnsafePointer<UInt8>, _ planes: UnsafeMutableRawPointer, count: Int
) {
  let planeByteCount = count &* MemoryLayout<Value>.size
  let (red, green, blue) = (planes, planes + planeByteCount, planes + 2 &* planeByteCount)
  for pixel in 0..<count {
    let colour = pixels + 3 &* pixel
    let (r, g, b) = (1 - Float(colour[0]) / 255, 1 - Float(colour[1]) / 255, 1 - Float(colour[2]) / 255)
    let offset = pixel &* MemoryLayout<Value>.size
    Value.storeValue(r, red + offset)
    Value.storeValue(g, green + offset)
    Value.storeValue(b, blue + offset)
  }
}
