import Kernels
import Ranks
import Testing

/// The convolution that normalises as it goes, against one pass after the other.
@Suite struct NormalizedConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var inputChannels = 32
    var outputChannels = 40
    var height = 8
    var width = 12
    /// 0 for all channels.
    var inputBlock = 0
    var outputBlock = 0
    var hasBias = true
    var hasReLU = true
    var hasResidual = false
    var pools = false
    var images = 3
    /// Large enough for F(4 x 4, 3 x 3) in float32; F(2 x 2, 3 x 3) computes the others.
    var isF4x4 = true

    var testDescription: String {
      "\(inputChannels)→\(outputChannels) @\(height)x\(width), blocks \(inputBlock) and \(outputBlock)"
        + "\(hasBias ? ", bias" : "")\(hasReLU ? ", relu" : "")\(hasResidual ? ", residual" : "")\(pools ? ", pool" : "")"
    }
  }

  static let cases: [Case] = [
    .init(), .init(pools: true), .init(hasResidual: true),
    // Tiles that reach beyond the plane, on one side and on both.
    .init(height: 7, hasBias: false, hasResidual: true), .init(width: 11, pools: true, isF4x4: false),
    .init(height: 5, width: 7, hasReLU: false, isF4x4: false),
    .init(height: 5, width: 7, hasReLU: false, pools: true, isF4x4: false), .init(height: 1, width: 1, isF4x4: false),
    .init(height: 2, width: 3, hasResidual: true, images: 1, isF4x4: false),
    // Blocked layouts.
    .init(inputChannels: 64, outputChannels: 32, inputBlock: 16, outputBlock: 16, pools: true),
    .init(inputChannels: 48, outputChannels: 32, inputBlock: 8, outputBlock: 8, hasResidual: true),
    .init(
      inputChannels: 32, outputChannels: 48, height: 7, width: 11, inputBlock: 16, outputBlock: 16, hasResidual: true),
    // Windows that end within the last tiles.
    .init(height: 35, width: 39, pools: true, images: 1),
    .init(inputChannels: 32, outputChannels: 32, height: 35, width: 39, inputBlock: 16, outputBlock: 16, pools: true),
    // Too much for one block of rows; the last one is not full.
    .init(inputChannels: 64, outputChannels: 64, height: 15, width: 40, pools: true),
    .init(
      inputChannels: 64, outputChannels: 64, height: 5, width: 40, inputBlock: 16, outputBlock: 16, hasResidual: true,
      isF4x4: false),
    .init(
      inputChannels: 64, outputChannels: 64, height: 3, width: 40, inputBlock: 8, outputBlock: 8, pools: true,
      images: 6,
      isF4x4: false),
  ]

  @Test(arguments: cases, Precision.allCases)
  func agreesWithSeparatePasses(_ test: Case, _ precision: Precision) throws {
    let data = NormalizedConvolutionData(test, precision)
    let expected = try data.separate()
    for backend in ConvolutionTests.backends {
      guard backend.supports(precision), let kernel = try data.kernel(backend) else {
        print("\(backend.name) skipped: it has no such kernel")
        continue
      }
      let isF4x4 = precision == .float32 && test.isF4x4
      #expect("\(kernel)".hasPrefix(isF4x4 ? "Winograd F(4x4,3x3): " : "Winograd F(2x2,3x3): "))
      let found = data.infer(with: kernel)
      #expect(relativeError(found.values, expected.values) < tolerance(precision), "\(backend.name)")
    }
  }

  /// A NaN spreads to every output that depends on it, and to no other.
  @Test(arguments: Precision.allCases)
  func notANumberStaysWhereItIs(_ precision: Precision) throws {
    var data = NormalizedConvolutionData(Case(images: 2), precision)
    data.input[1, 5, 4, 6] = .nan
    let backend = try makeBackend()
    guard backend.supports(precision), let kernel = try data.kernel(backend) else { return }
    let found = data.infer(with: kernel)
    let reached = (3...5).allSatisfy { y in (5...7).allSatisfy { x in found[1, 9, y, x].isNaN } }
    #expect(reached)
    #expect(found.values.prefix(found.values.count / 2).allSatisfy { !$0.isNaN })
  }
}

private struct NormalizedConvolutionData {
  let test: NormalizedConvolutionTests.Case
  let precision: Precision
  var input: Activation
  private let residual: Activation
  private let weights: TestBuffer
  private let bias: TestBuffer
  private let norm: BatchNorm
  private let geometry: ConvolutionGeometry

  init(_ test: NormalizedConvolutionTests.Case, _ precision: Precision) {
    self.test = test
    self.precision = precision
    geometry = ConvolutionGeometry(
      inputChannels: test.inputChannels, outputChannels: test.outputChannels, kernel: 3, stride: 1, padding: 1,
      hasBias: test.hasBias, inputHeight: test.height, inputWidth: test.width)
    input = Activation(
      images: test.images, channels: test.inputChannels, height: test.height, width: test.width, seed: 1)
    residual = Activation(
      images: test.images, channels: test.outputChannels, height: test.height, width: test.width, seed: 2)
    weights = TestBuffer(floats: randomValues(count: geometry.weightCount, seed: 3).map { $0 / 16 })
    bias = TestBuffer(floats: randomValues(count: test.outputChannels, seed: 4))
    norm = BatchNorm(
      shape: residual.shape(block: test.outputBlock > 0 ? test.outputBlock : test.outputChannels), precision: precision,
      hasReLU: test.hasReLU, hasResidual: test.hasResidual, lanes: Partition(1))
    // Factors of both signs, since a negative one turns the smallest sum into the largest output.
    let (gamma, beta, mean) = (
      TestBuffer(floats: randomValues(count: test.outputChannels, seed: 5).map { $0 > 0 ? $0 + 0.5 : $0 - 0.5 }),
      TestBuffer(floats: randomValues(count: test.outputChannels, seed: 6)),
      TestBuffer(floats: randomValues(count: test.outputChannels, seed: 7))
    )
    let variance = TestBuffer(floats: randomValues(count: test.outputChannels, seed: 8).map { $0 + 1.5 })
    norm.useRunningStatistics(
      gamma: gamma.pointer(to: Float.self), beta: beta.pointer(to: Float.self),
      runningMean: mean.pointer(to: Float.self), runningVariance: variance.pointer(to: Float.self))
  }

  private var inputShape: ActivationShape {
    input.shape(block: test.inputBlock > 0 ? test.inputBlock : test.inputChannels)
  }

  private var biasAddress: UnsafePointer<Float>? { test.hasBias ? UnsafePointer(bias.pointer(to: Float.self)) : nil }

  func kernel(_ backend: any Backend) throws -> (any NormalizedConvolution)? {
    try backend.makeNormalizedConvolution(
      geometry, input: inputShape, norm: norm, pools: test.pools, laneImages: test.images, laneCount: 64, threadCount: 1
    )
  }

  private var emptyOutput: Activation {
    let divisor = test.pools ? 2 : 1
    // Leftovers must not matter.
    return Activation(
      images: test.images, channels: test.outputChannels, height: test.height / divisor, width: test.width / divisor,
      seed: 9)
  }

  private func withOutput(_ body: (_ residual: UnsafeRawPointer?, _ output: UnsafeMutableRawPointer) throws -> Void)
    rethrows -> Activation
  {
    let residual = residual.stored(block: norm.shape.block, precision)
    let output = emptyOutput.stored(block: norm.shape.block, precision)
    try body(test.hasResidual ? UnsafeRawPointer(residual.address) : nil, output.address)
    return emptyOutput.read(output, block: norm.shape.block, precision)
  }

  func infer(with kernel: any NormalizedConvolution) -> Activation {
    kernel.load(weights: weights.pointer(to: Float.self), bias: biasAddress)
    let source = input.stored(block: inputShape.block, precision)
    return withOutput { residual, output in
      kernel.forward(input: source.address, residual: residual, output: output)
    }
  }

  /// By the plain reference.
  func separate() throws -> Activation {
    let convolution = PlainBackend().makeConvolution(
      geometry, input: inputShape, output: norm.shape, laneImages: test.images, laneCount: 1, precision: precision,
      directions: [.forward])
    convolution.loadWeights(weights.pointer(to: Float.self), bias: biasAddress)
    let source = input.stored(block: inputShape.block, precision)
    let sums = residual.stored(block: norm.shape.block, precision)
    convolution.forward(lane: 0, input: source.address, output: sums.address)
    return withOutput { residual, output in
      if test.pools {
        norm.applyAndPool(
          input: sums.address, output: output, winners: nil, images: test.images, dropout: nil, firstImage: 0)
      } else {
        norm.apply(
          input: sums.address, residual: residual, output: output, images: test.images, dropout: nil, firstImage: 0)
      }
    }
  }
}
