import Kernels
import Ranks
import Testing
import Workers

/// The pass that pools as it normalises, against one pass after the other.
@Suite struct BatchNormPoolTests {
  static let cases: [BatchNormCase] = [
    .init(), .init(hasReLU: true), .init(channels: 11, block: 11, hasReLU: true, dropoutRate: 0.3),
    .init(channels: 32, block: 32, height: 6, width: 23, hasReLU: true, dropoutRate: 0.5),
    .init(channels: 6, block: 1, hasReLU: true, dropoutRate: 0.25), .init(channels: 24, block: 12, height: 4, width: 2),
  ]

  @Test(arguments: cases)
  func agreesWithSeparatePasses(_ test: BatchNormCase) {
    let data = PoolData(test)
    let (fused, separate) = (data.fused(.float32), data.separate())
    #expect(relativeError(fused.output.values, separate.output.values) < 1e-6)
    #expect(relativeError(fused.inputGradient.values, separate.inputGradient.values) < 1e-5)
    #expect(relativeError(fused.parameterGradients, separate.parameterGradients) < 1e-5)
  }

  /// The inputs are bfloat16 numbers, so both precisions compute the same and differ only in what they store.
  @Test(arguments: cases)
  func bfloat16RoundsWhatFloat32Computes(_ test: BatchNormCase) {
    let data = PoolData(test)
    let (wide, narrow) = (data.fused(.float32), data.fused(.bfloat16))
    #expect(narrow.output.values == wide.output.values.map { Double(BFloat16(Float($0)).float) })
    #expect(narrow.parameterGradients == wide.parameterGradients)
    #expect(narrow.inputGradient.values == wide.inputGradient.values.map { Double(BFloat16(Float($0)).float) })
  }

  @Test(arguments: cases, Precision.allCases)
  func inferenceReadsAsSeparatePassesDo(_ test: BatchNormCase, _ precision: Precision) {
    let data = PoolData(test)
    let norm = data.norm(precision, laneCount: 1)
    let statistics = TestBuffer(floats: data.gamma)
    let floats = UnsafePointer(statistics.pointer(to: Float.self))
    norm.useRunningStatistics(gamma: floats, beta: floats, runningMean: floats, runningVariance: floats)
    let input = data.input.stored(block: test.block, precision)
    let pooled = data.outputGradient.stored(block: test.block, precision)
    norm.applyAndPool(
      input: input.address, output: pooled.address, winners: nil, images: PoolData.images, dropout: nil, firstImage: 0)
    let whole = data.input.stored(block: test.block, precision)
    norm.apply(
      input: input.address, residual: nil, output: whole.address, images: PoolData.images, dropout: nil, firstImage: 0)
    let expected = data.outputGradient.stored(block: test.block, precision)
    MaxPool(input: norm.shape, size: 2, precision: precision).forward(
      input: whole.address, output: expected.address, choices: nil, images: PoolData.images)
    #expect(pooled.bytes == expected.bytes)
  }
}

private struct PoolData {
  static let images = 4
  private static let laneCount = 2
  let test: BatchNormCase
  let input: Activation
  let outputGradient: Activation
  let gamma: [Double]
  private let beta: [Double]
  private let mask: DropoutMask?

  struct Result {
    let output: Activation
    let inputGradient: Activation
    let parameterGradients: [Double]
  }

  init(_ test: BatchNormCase) {
    self.test = test
    input = Activation(images: Self.images, channels: test.channels, height: test.height, width: test.width, seed: 1)
    outputGradient = Activation(
      images: Self.images, channels: test.channels, height: test.height / 2, width: test.width / 2, seed: 2)
    // Of both signs, since a negative one turns the smallest x into the largest z.
    gamma = randomValues(count: test.channels, seed: 3).map { $0 > 0 ? $0 + 0.5 : $0 - 0.5 }
    beta = randomValues(count: test.channels, seed: 4)
    mask = test.dropoutRate.map { DropoutMask(seed: 5, step: 6, layer: 7, rate: $0) }
  }

  func norm(_ precision: Precision, laneCount: Int = Self.laneCount) -> BatchNorm {
    BatchNorm(
      shape: input.shape(block: test.block), precision: precision, hasReLU: test.hasReLU, hasResidual: false,
      lanes: Partition(laneCount))
  }

  func fused(_ precision: Precision) -> Result {
    let norm = norm(precision)
    let (shape, pooled, bytes) = (norm.shape, norm.pooledShape, precision.byteCount)
    let choices = TestBuffer(UInt32.self, count: Self.images * norm.winnerWordCount)
    let inputs = outputGradient.stored(block: test.block, precision)
    @Sendable func winners(_ firstImage: Int) -> BatchNorm.Winners {
      BatchNorm.Winners(
        choices: choices.pointer(to: UInt32.self) + firstImage * norm.winnerWordCount,
        inputs: inputs.address + firstImage * pooled.elementCount * bytes)
    }
    let input = input.stored(block: test.block, precision)
    let gradient = outputGradient.stored(block: test.block, precision)
    let output = outputGradient.stored(block: test.block, precision)
    let inputGradient = self.input.stored(block: test.block, precision)
    let scale = mask?.scale ?? 1
    let gradients = run(norm, input: input, precision) { firstImage, images in
      norm.applyAndPool(
        input: input.address + firstImage * shape.elementCount * bytes,
        output: output.address + firstImage * pooled.elementCount * bytes, winners: winners(firstImage),
        images: images, dropout: mask, firstImage: firstImage)
    } sums: { lane, firstImage, images in
      norm.sumPooledGradients(
        lane: lane, gradient: gradient.address + firstImage * pooled.elementCount * bytes,
        winners: winners(firstImage), images: images, dropoutScale: scale)
    } backward: { firstImage, images in
      norm.backwardFromPool(
        gradient: gradient.address + firstImage * pooled.elementCount * bytes, winners: winners(firstImage),
        input: input.address + firstImage * shape.elementCount * bytes,
        inputGradient: inputGradient.address + firstImage * shape.elementCount * bytes, images: images,
        dropoutScale: scale)
    }
    return Result(
      output: outputGradient.read(output, block: test.block, precision),
      inputGradient: self.input.read(inputGradient, block: test.block, precision), parameterGradients: gradients)
  }

  func separate() -> Result {
    let norm = norm(.float32)
    let (shape, pooled) = (norm.shape, norm.pooledShape)
    let pool = MaxPool(input: shape, size: 2, precision: .float32)
    let choices = TestBuffer(byteCount: outputGradient.values.count)
    let input = input.stored(block: test.block, .float32)
    let whole = self.input.stored(block: test.block, .float32)
    let output = outputGradient.stored(block: test.block, .float32)
    let outputGradient = outputGradient.stored(block: test.block, .float32)
    let gradient = self.input.stored(block: test.block, .float32)
    let gradients = run(norm, input: input, .float32) { firstImage, images in
      let offset = firstImage * shape.elementCount * 4
      norm.apply(
        input: input.address + offset, residual: nil, output: whole.address + offset, images: images, dropout: mask,
        firstImage: firstImage)
      pool.forward(
        input: whole.address + offset, output: output.address + firstImage * pooled.elementCount * 4,
        choices: choices.pointer(to: UInt8.self) + firstImage * pooled.elementCount, images: images)
    } sums: { lane, firstImage, images in
      let offset = firstImage * shape.elementCount * 4
      pool.backward(
        outputGradient: outputGradient.address + firstImage * pooled.elementCount * 4,
        choices: choices.pointer(to: UInt8.self) + firstImage * pooled.elementCount,
        inputGradient: gradient.address + offset, images: images)
      norm.sumGradients(
        lane: lane, gradient: gradient.address + offset, output: whole.address + offset,
        input: input.address + offset, images: images, residualGradient: nil, dropout: mask, firstImage: firstImage)
    } backward: { firstImage, images in
      let offset = firstImage * shape.elementCount * 4
      norm.backward(
        gradient: gradient.address + offset, input: input.address + offset, inputGradient: gradient.address + offset,
        images: images)
    }
    return Result(
      output: self.outputGradient.read(output, block: test.block, .float32),
      inputGradient: self.input.read(gradient, block: test.block, .float32), parameterGradients: gradients)
  }

  /// Both directions over all lanes.
  /// - Returns: The gradients of gamma, then of beta.
  private func run(
    _ norm: BatchNorm, input: TestBuffer, _ precision: Precision,
    forward: @Sendable (_ firstImage: Int, _ images: Int) -> Void,
    sums: @Sendable (_ lane: Int, _ firstImage: Int, _ images: Int) -> Void,
    backward: @Sendable (_ firstImage: Int, _ images: Int) -> Void
  ) -> [Double] {
    let images = Self.images / Self.laneCount
    let team = Team(threadCount: Self.laneCount)
    let (gamma, beta) = (TestBuffer(floats: gamma), TestBuffer(floats: beta))
    let (mean, variance) = (TestBuffer(floats: self.beta), TestBuffer(floats: self.gamma))
    let gradients = TestBuffer(Float.self, count: 2 * test.channels)
    team.run(count: Self.laneCount) { lane in
      norm.sumInput(
        lane: lane, input: input.address + lane * images * norm.shape.elementCount * precision.byteCount,
        images: images, center: mean.pointer(to: Float.self))
    }
    norm.finishStatistics(
      images: Self.images, gamma: gamma.pointer(to: Float.self), beta: beta.pointer(to: Float.self),
      runningMean: mean.pointer(to: Float.self), runningVariance: variance.pointer(to: Float.self))
    team.run(count: Self.laneCount) { lane in
      forward(lane * images, images)
      sums(lane, lane * images, images)
    }
    norm.finishGradients(
      images: Self.images, gamma: gamma.pointer(to: Float.self), gammaGradient: gradients.pointer(to: Float.self),
      betaGradient: gradients.pointer(to: Float.self) + test.channels)
    team.run(count: Self.laneCount) { lane in backward(lane * images, images) }
    return gradients.floats
  }
}
