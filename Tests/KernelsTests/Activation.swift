import Kernels
import Samples

/// Images of an activation, [images, channels, height, width] in double precision, for what the formulas in the tests
/// compute.
struct Activation {
  let images: Int
  let channels: Int
  let height: Int
  let width: Int
  var values: [Double]

  init(images: Int, channels: Int, height: Int, width: Int, values: [Double]? = nil) {
    self.images = images
    self.channels = channels
    self.height = height
    self.width = width
    self.values = values ?? [Double](repeating: 0, count: images * channels * height * width)
  }

  /// Uniform in -1 ... 1, exactly representable in bfloat16.
  init(images: Int, channels: Int, height: Int, width: Int, seed: UInt64) {
    self.init(images: images, channels: channels, height: height, width: width)
    values = randomValues(count: values.count, seed: seed)
  }

  subscript(image: Int, channel: Int, y: Int, x: Int) -> Double {
    get { values[((image * channels + channel) * height + y) * width + x] }
    set { values[((image * channels + channel) * height + y) * width + x] = newValue }
  }

  func shape(block: Int) -> ActivationShape {
    ActivationShape(channels: channels, height: height, width: width, block: block)
  }

  /// The values in memory order.
  func stored(block: Int, _ precision: Precision) -> TestBuffer {
    let shape = shape(block: block)
    let buffer = TestBuffer(byteCount: images * shape.elementCount * precision.byteCount)
    forEachValue(shape) { index, offset in
      switch precision {
      case .float32: buffer.pointer(to: Float.self)[offset] = Float(values[index])
      case .bfloat16: buffer.pointer(to: BFloat16.self)[offset] = BFloat16(Float(values[index]))
      }
    }
    return buffer
  }

  /// The values of a buffer in memory order, in this activation's shape.
  func read(_ buffer: TestBuffer, block: Int, _ precision: Precision) -> Activation {
    var result = self
    forEachValue(shape(block: block)) { index, offset in
      result.values[index] =
        switch precision {
        case .float32: Double(buffer.pointer(to: Float.self)[offset])
        case .bfloat16: Double(buffer.pointer(to: BFloat16.self)[offset].float)
        }
    }
    return result
  }

  private func forEachValue(_ shape: ActivationShape, _ body: (_ index: Int, _ offset: Int) -> Void) {
    var index = 0
    for image in 0..<images {
      for channel in 0..<channels {
        for y in 0..<height {
          for x in 0..<width {
            body(index, image * shape.elementCount + shape.offset(channel: channel, y: y, x: x))
            index += 1
          }
        }
      }
    }
  }
}

/// Uniform in -1 ... 1 in steps of 1/128, which bfloat16 represents.
func randomValues(count: Int, seed: UInt64) -> [Double] {
  var stream = RandomStream(seed: seed, stream: 7)
  return (0..<count).map { _ in Double(stream.next(in: -128...128)) / 128 }
}

/// The largest difference, as a share of the largest expected value.
func relativeError(_ found: [Double], _ expected: [Double]) -> Double {
  precondition(found.count == expected.count)
  let scale = expected.reduce(1e-30) { max($0, abs($1)) }
  return zip(found, expected).reduce(0) { worst, pair in
    let difference = abs(pair.0 - pair.1) / scale
    return difference.isNaN ? .infinity : max(worst, difference)
  }
}

/// Memory that outlives the test: an owner that freed it could be released before the last use of a pointer into it.
// SAFETY: lanes that share a buffer write ranges of their own.
struct TestBuffer: @unchecked Sendable {
  let address: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    address = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    address.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  init<Value: BitwiseCopyable>(_: Value.Type, count: Int) { self.init(byteCount: count * MemoryLayout<Value>.stride) }

  init(floats: [Double]) {
    self.init(Float.self, count: floats.count)
    for (index, value) in floats.enumerated() { pointer(to: Float.self)[index] = Float(value) }
  }

  func pointer<Value: BitwiseCopyable>(to type: Value.Type) -> UnsafeMutablePointer<Value> {
    address.bindMemory(to: type, capacity: byteCount / MemoryLayout<Value>.stride)
  }

  /// The buffer as float32 numbers.
  var floats: [Double] {
    let values = pointer(to: Float.self)
    return (0..<byteCount / 4).map { Double(values[$0]) }
  }

  var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: address, count: byteCount)) }
}

/// Rounding errors that a result may have: of sums in float32, or of values stored as bfloat16.
func tolerance(_ precision: Precision) -> Double { precision == .float32 ? 1e-5 : 1.0 / 128 }
