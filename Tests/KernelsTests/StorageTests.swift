import Kernels
import Ranks
import Samples
import Testing

@Suite struct StorageTests {
  @Test func bfloat16RoundsToTheNearestAndTiesToEven() {
    var stream = RandomStream(seed: 5, stream: 0)
    for _ in 0..<10_000 {
      let value = Float(bitPattern: stream.next())
      let rounded = BFloat16(value).float
      guard !value.isNaN else {
        #expect(rounded.isNaN)
        continue
      }
      let below = Float(bitPattern: value.bitPattern & 0xFFFF_0000)
      let above = Float(bitPattern: (value.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
      guard above.isFinite else { continue }
      let (down, up) = (abs(Double(value) - Double(below)), abs(Double(above) - Double(value)))
      let even = below.bitPattern & 0x1_0000 == 0 ? below : above
      #expect(rounded == (down < up ? below : down > up ? above : even))
    }
    #expect(BFloat16(1.00390625).float == 1)
    #expect(BFloat16(1.01171875).float == 1.015625)
    #expect(BFloat16(.infinity).float == .infinity)
    #expect(BFloat16(Float(bitPattern: 0x7F80_0001)).float.isNaN)
  }

  /// Kernels round eight values at a time; the results are those of `BFloat16.init`, NaN and infinity included.
  @Test func vectorsRoundAsSingleValuesDo() {
    var stream = RandomStream(seed: 6, stream: 0)
    let shape = ActivationShape(channels: 8, height: 50, width: 8, block: 8)
    let norm = BatchNorm(shape: shape, precision: .bfloat16, hasReLU: false, hasResidual: false, lanes: Partition(1))
    let scales = (0..<8).map { _ in Double(stream.nextUnit()) + 0.5 }
    let (zero, gamma, beta) = (
      TestBuffer(floats: [Double](repeating: 0, count: 8)), TestBuffer(floats: scales),
      TestBuffer(floats: [Double](repeating: 0, count: 8))
    )
    // A variance that makes the deviation 1 leaves gamma as the only factor.
    let variance = TestBuffer(floats: [Double](repeating: 1 - BatchNorm.epsilon, count: 8))
    norm.useRunningStatistics(
      gamma: gamma.pointer(to: Float.self), beta: beta.pointer(to: Float.self),
      runningMean: zero.pointer(to: Float.self),
      runningVariance: variance.pointer(to: Float.self))
    let values = TestBuffer(byteCount: shape.elementCount * 2)
    let bits = values.pointer(to: BFloat16.self)
    for index in 0..<shape.elementCount { bits[index].bits = UInt16(truncatingIfNeeded: stream.next()) }
    let before = (0..<shape.elementCount).map { bits[$0].float }
    norm.apply(
      input: values.address, residual: nil, output: values.address, images: 1, dropout: nil, firstImage: 0)
    for index in 0..<shape.elementCount {
      let deviation = Float(1 - BatchNorm.epsilon)
      let scale = Float(Double(Float(scales[index % 8])) / (Double(deviation) + BatchNorm.epsilon).squareRoot())
      let expected = BFloat16(before[index] * scale + 0).float
      #expect(bits[index].float == expected || (bits[index].float.isNaN && expected.isNaN))
    }
  }

  @Test(arguments: [(8, 8), (32, 32), (24, 8), (5, 5), (3, 1)] as [(Int, Int)], Precision.allCases)
  func flattenGivesChannelsRowsColumnsAndComesBack(_ layout: (channels: Int, block: Int), _ precision: Precision) {
    let input = Activation(images: 2, channels: layout.channels, height: 3, width: 5, seed: 1)
    let flatten = Flatten(shape: input.shape(block: layout.block), precision: precision)
    let source = input.stored(block: layout.block, precision)
    let flat = TestBuffer(Float.self, count: input.values.count)
    flatten.forward(input: source.address, output: flat.pointer(to: Float.self), images: 2)
    #expect(flat.floats == input.values)
    let back = TestBuffer(byteCount: source.byteCount)
    flatten.backward(outputGradient: flat.pointer(to: Float.self), inputGradient: back.address, images: 2)
    #expect(back.bytes == source.bytes)
  }

  @Test(arguments: Precision.allCases)
  func preprocessMakesInkOneAndPaperZero(_ precision: Precision) {
    let pixels = TestBuffer(byteCount: 256)
    for value in 0..<256 { pixels.pointer(to: UInt8.self)[value] = UInt8(value) }
    let image = Activation(images: 1, channels: 1, height: 16, width: 16)
    let output = TestBuffer(byteCount: 256 * precision.byteCount)
    preprocess(
      pixels: pixels.pointer(to: UInt8.self), images: 1, output: output.address, shape: image.shape(block: 1),
      precision: precision)
    let values = image.read(output, block: 1, precision).values
    #expect(values[0] == 1 && values[255] == 0)
    #expect(relativeError(values, (0..<256).map { 1 - Double($0) / 255 }) < (precision == .float32 ? 1e-7 : 1.0 / 256))
  }

  @Test(arguments: [1, 3])
  func preprocessTakesColoursToWhereTheOrderHasThem(_ block: Int) {
    let pixels = TestBuffer(byteCount: 2 * 4 * 5 * 3)
    let image = Activation(images: 2, channels: 3, height: 4, width: 5)
    for index in 0..<pixels.byteCount { pixels.pointer(to: UInt8.self)[index] = UInt8(index) }
    let output = TestBuffer(Float.self, count: pixels.byteCount)
    preprocess(
      pixels: pixels.pointer(to: UInt8.self), images: 2, output: output.address, shape: image.shape(block: block),
      precision: .float32)
    let found = image.read(output, block: block, .float32)
    // Number 71 of [2, 4, 5, 3]: image 1, row 0, column 3, channel 2.
    #expect(found[1, 0 + 2, 0, 3] == Double(1 - Float(71) / 255))
    #expect(found[0, 1, 2, 4] == Double(1 - Float((2 * 5 + 4) * 3 + 1) / 255))
  }
}
