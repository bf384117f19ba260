/// The largest value of each square window; windows lie side by side, and rows or columns that fill no window are left
/// out.
///
/// Memory: `forward` overwrites `output` and `choices`; `backward` overwrites all of the input's gradient.
package struct MaxPool: Sendable, Hashable {
  package let input: ActivationShape
  package let output: ActivationShape
  /// Width and height of a window, and the distance from one to the next.
  package let size: Int
  package let precision: Precision

  /// - Precondition: `size` is 1 ... 16, and a window fits into the input.
  package init(input: ActivationShape, size: Int, precision: Precision) {
    precondition(1...16 ~= size && input.height >= size && input.width >= size)
    self.input = input
    self.size = size
    self.precision = precision
    output = input.pooled(by: size)
  }

  /// - Parameters:
  ///   - input: [images, input]
  ///   - output: [images, output]
  ///   - choices: [images, output]; becomes the index in its window, row by row, of the value that was taken, the first of
  ///     equal ones. nil in inference.
  package func forward(
    input: UnsafeRawPointer, output: UnsafeMutableRawPointer, choices: UnsafeMutablePointer<UInt8>?, images: Int
  ) {
    switch precision {
    case .float32: forward(Float.self, input, output, choices, images: images)
    case .bfloat16: forward(BFloat16.self, input, output, choices, images: images)
    }
  }

  private func forward<Value: Element>(
    _ type: Value.Type, _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer,
    _ choices: UnsafeMutablePointer<UInt8>?, images: Int
  ) {
    if size == 2 {
      forEachWindow(images: images) { inputOffset, outputOffset, width in
        take(type, source, inputOffset, destination, choices, outputOffset, width: width, size: 2)
      }
    } else {
      forEachWindow(images: images) { inputOffset, outputOffset, width in
        take(type, source, inputOffset, destination, choices, outputOffset, width: width, size: size)
      }
    }
  }

  /// Takes one window's largest values. `size` is the window's; a constant there unrolls the loops.
  @inline(__always)
  private func take<Value: Element>(
    _: Value.Type, _ source: UnsafeRawPointer, _ inputOffset: Int, _ destination: UnsafeMutableRawPointer,
    _ choices: UnsafeMutablePointer<UInt8>?, _ outputOffset: Int, width: Int, size: Int
  ) {
    var largest = Value.load(source, at: inputOffset, width: width)
    var choice = SIMD8<UInt32>()
    for index in 1..<size &* size {
      let value = Value.load(source, at: inputOffset &+ offset(ofIndex: index, size: size), width: width)
      let isLarger = value .> largest
      largest.replace(with: value, where: isLarger)
      choice.replace(with: SIMD8(repeating: UInt32(truncatingIfNeeded: index)), where: isLarger)
    }
    Value.store(largest, destination, at: outputOffset, width: width)
    guard let choices else { return }
    let bytes = SIMD8<UInt8>(truncatingIfNeeded: choice)
    if width == 8 {
      UnsafeMutableRawPointer(choices + outputOffset).storeBytes(of: bytes, as: SIMD8<UInt8>.self)
    } else {
      for channel in 0..<width { choices[outputOffset + channel] = bytes[channel] }
    }
  }

  /// - Parameters:
  ///   - outputGradient: [images, output]
  ///   - choices: As `forward` wrote them.
  ///   - inputGradient: [images, input]; values outside the windows become 0.
  package func backward(
    outputGradient: UnsafeRawPointer, choices: UnsafePointer<UInt8>, inputGradient: UnsafeMutableRawPointer, images: Int
  ) {
    switch precision {
    case .float32: backward(Float.self, outputGradient, choices, inputGradient, images: images)
    case .bfloat16: backward(BFloat16.self, outputGradient, choices, inputGradient, images: images)
    }
  }

  private func backward<Value: Element>(
    _ type: Value.Type, _ outputGradient: UnsafeRawPointer, _ choices: UnsafePointer<UInt8>,
    _ inputGradient: UnsafeMutableRawPointer, images: Int
  ) {
    clearOutsideWindows(inputGradient, images: images)
    if size == 2 {
      forEachWindow(images: images) { inputOffset, outputOffset, width in
        give(type, outputGradient, choices, outputOffset, inputGradient, inputOffset, width: width, size: 2)
      }
    } else {
      forEachWindow(images: images) { inputOffset, outputOffset, width in
        give(type, outputGradient, choices, outputOffset, inputGradient, inputOffset, width: width, size: size)
      }
    }
  }

  /// Gives one window's gradient to the values that were taken, and 0 to the others.
  @inline(__always)
  private func give<Value: Element>(
    _: Value.Type, _ outputGradient: UnsafeRawPointer, _ choices: UnsafePointer<UInt8>, _ outputOffset: Int,
    _ inputGradient: UnsafeMutableRawPointer, _ inputOffset: Int, width: Int, size: Int
  ) {
    let gradient = Value.load(outputGradient, at: outputOffset, width: width)
    var bytes = SIMD8<UInt8>()
    if width == 8 {
      bytes = UnsafeRawPointer(choices + outputOffset).loadUnaligned(as: SIMD8<UInt8>.self)
    } else {
      for channel in 0..<width { bytes[channel] = choices[outputOffset + channel] }
    }
    let choice = SIMD8<UInt32>(truncatingIfNeeded: bytes)
    for index in 0..<size &* size {
      // Only equal numbers differ in no bit.
      let taken = select(gradient, where: choice ^ UInt32(truncatingIfNeeded: index), isBelow: 1)
      Value.store(taken, inputGradient, at: inputOffset &+ offset(ofIndex: index, size: size), width: width)
    }
  }

  /// Values from a window's first pixel to its pixel number `index`.
  @inline(__always)
  private func offset(ofIndex index: Int, size: Int) -> Int {
    (index / size &* input.width &+ index % size) &* input.block
  }

  /// Calls `body` for each window and vector of channels, with the offset of the window's first value and of its
  /// output.
  @inline(__always)
  private func forEachWindow(
    images: Int, _ body: (_ inputOffset: Int, _ outputOffset: Int, _ width: Int) -> Void
  ) {
    let block = input.block
    for plane in 0..<images &* input.planeCount {
      for y in 0..<output.height {
        let inputRow = plane &* input.planeElementCount &+ y &* size &* input.width &* block
        let outputRow = plane &* output.planeElementCount &+ y &* output.width &* block
        for x in 0..<output.width {
          forEachVector(count: block) { channel, width in
            body(inputRow &+ x &* size &* block &+ channel, outputRow &+ x &* block &+ channel, width)
          }
        }
      }
    }
  }

  private func clearOutsideWindows(_ gradient: UnsafeMutableRawPointer, images: Int) {
    let coveredHeight = output.height * size
    let pixelBytes = input.block * precision.byteCount
    let restBytes = (input.width - output.width * size) * pixelBytes
    for plane in 0..<images * input.planeCount {
      let start = gradient + plane * input.planeElementCount * precision.byteCount
      let rowBytes = input.width * pixelBytes
      for y in 0..<coveredHeight where restBytes > 0 {
        (start + (y + 1) * rowBytes - restBytes).initializeMemory(as: UInt8.self, repeating: 0, count: restBytes)
      }
      (start + coveredHeight * rowBytes).initializeMemory(
        as: UInt8.self, repeating: 0, count: (input.height - coveredHeight) * rowBytes)
    }
  }
}
