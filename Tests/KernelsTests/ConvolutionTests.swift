import Kernels
import Samples
import Testing
import Workers

/// A convolution and how its activations lie in memory.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var inputChannels: Int
  var outputChannels: Int
  var kernel: Int
  var stride: Int
  var padding: Int
  var hasBias = false
  var height: Int
  var width: Int
  var inputBlock: Int
  var outputBlock: Int
  /// Large enough for Winograd's F(4 x 4, 3 x 3) in float32, which rounds more than the formula does.
  var isWinograd = false
  /// With channels so few that Winograd's F(4, 3) along rows computes the output, above any library's products.
  var hasWinogradRows = false

  func tolerance(_ precision: Precision) -> Double {
    isWinograd && precision == .float32 ? 3e-5 : KernelsTests.tolerance(precision)
  }

  var geometry: ConvolutionGeometry {
    ConvolutionGeometry(
      inputChannels: inputChannels, outputChannels: outputChannels, kernel: kernel, stride: stride, padding: padding,
      hasBias: hasBias, inputHeight: height, inputWidth: width)
  }

  var testDescription: String {
    "\(inputChannels)→\(outputChannels) \(kernel)x\(kernel) stride \(stride) padding \(padding)"
      + "\(hasBias ? " bias" : "") @\(height)x\(width), blocks \(inputBlock) and \(outputBlock)"
  }

  static let all: [ConvolutionCase] = [
    // One input channel, as in every first layer.
    .init(
      inputChannels: 1, outputChannels: 32, kernel: 5, stride: 2, padding: 2, height: 12, width: 32, inputBlock: 1,
      outputBlock: 8),
    .init(
      inputChannels: 1, outputChannels: 32, kernel: 5, stride: 2, padding: 2, height: 12, width: 32, inputBlock: 1,
      outputBlock: 32),
    .init(
      inputChannels: 1, outputChannels: 32, kernel: 3, stride: 1, padding: 1, hasBias: true, height: 9, width: 16,
      inputBlock: 1, outputBlock: 8),
    .init(
      inputChannels: 1, outputChannels: 8, kernel: 3, stride: 1, padding: 1, height: 9, width: 16, inputBlock: 1,
      outputBlock: 8),
    .init(
      inputChannels: 1, outputChannels: 8, kernel: 5, stride: 2, padding: 2, hasBias: true, height: 11, width: 37,
      inputBlock: 1, outputBlock: 8),
    .init(
      inputChannels: 1, outputChannels: 40, kernel: 4, stride: 1, padding: 0, hasBias: true, height: 9, width: 8,
      inputBlock: 1, outputBlock: 40),
    .init(
      inputChannels: 1, outputChannels: 8, kernel: 5, stride: 3, padding: 2, height: 13, width: 50, inputBlock: 1,
      outputBlock: 8),
    // A few, for which Winograd's F(4, 3) along rows is as exact as the formula: with tiles beyond the row's end, and with an
    // odd number of tiles that vectors hold.
    .init(
      inputChannels: 3, outputChannels: 12, kernel: 5, stride: 2, padding: 2, hasBias: true, height: 11, width: 37,
      inputBlock: 3, outputBlock: 12, hasWinogradRows: true),
    .init(
      inputChannels: 2, outputChannels: 8, kernel: 3, stride: 1, padding: 1, height: 9, width: 16, inputBlock: 2,
      outputBlock: 8, hasWinogradRows: true),
    .init(
      inputChannels: 4, outputChannels: 16, kernel: 8, stride: 3, padding: 3, hasBias: true, height: 13, width: 120,
      inputBlock: 4, outputBlock: 4, hasWinogradRows: true),
    // Blocked, NHWC and NCHW, odd sizes, both strides.
    .init(
      inputChannels: 16, outputChannels: 24, kernel: 3, stride: 1, padding: 1, height: 7, width: 11, inputBlock: 8,
      outputBlock: 8),
    .init(
      inputChannels: 32, outputChannels: 16, kernel: 3, stride: 2, padding: 1, hasBias: true, height: 7, width: 10,
      inputBlock: 8, outputBlock: 8),
    .init(
      inputChannels: 32, outputChannels: 32, kernel: 3, stride: 1, padding: 1, height: 5, width: 9, inputBlock: 16,
      outputBlock: 16),
    .init(
      inputChannels: 24, outputChannels: 16, kernel: 3, stride: 2, padding: 1, hasBias: true, height: 8, width: 9,
      inputBlock: 24, outputBlock: 16),
    .init(
      inputChannels: 16, outputChannels: 8, kernel: 1, stride: 1, padding: 0, height: 5, width: 6, inputBlock: 8,
      outputBlock: 8),
    .init(
      inputChannels: 4, outputChannels: 6, kernel: 3, stride: 1, padding: 0, hasBias: true, height: 6, width: 5,
      inputBlock: 1, outputBlock: 1),
    // Channels that no register width divides.
    .init(
      inputChannels: 5, outputChannels: 11, kernel: 3, stride: 1, padding: 1, hasBias: true, height: 6, width: 7,
      inputBlock: 5, outputBlock: 11),
    .init(
      inputChannels: 3, outputChannels: 8, kernel: 3, stride: 2, padding: 1, height: 6, width: 8, inputBlock: 3,
      outputBlock: 8),
    // Orders that oneDNN has no fast code for, or no name.
    .init(
      inputChannels: 3, outputChannels: 16, kernel: 5, stride: 2, padding: 2, hasBias: true, height: 9, width: 12,
      inputBlock: 1, outputBlock: 8),
    .init(
      inputChannels: 16, outputChannels: 10, kernel: 3, stride: 1, padding: 1, hasBias: true, height: 5, width: 7,
      inputBlock: 8, outputBlock: 10),
    .init(
      inputChannels: 12, outputChannels: 24, kernel: 7, stride: 2, padding: 3, height: 9, width: 13, inputBlock: 4,
      outputBlock: 8),
    .init(
      inputChannels: 12, outputChannels: 20, kernel: 1, stride: 1, padding: 0, hasBias: true, height: 4, width: 5,
      inputBlock: 12, outputBlock: 20),
    // So many rows that they are lowered in several blocks, the last of which is not full.
    .init(
      inputChannels: 40, outputChannels: 10, kernel: 7, stride: 1, padding: 3, height: 11, width: 30, inputBlock: 40,
      outputBlock: 10),
    // Planes smaller than the kernel's reach, for which oneDNN has no fast weight gradient.
    .init(
      inputChannels: 16, outputChannels: 24, kernel: 3, stride: 1, padding: 1, hasBias: true, height: 2, width: 4,
      inputBlock: 8, outputBlock: 8),
    .init(
      inputChannels: 8, outputChannels: 16, kernel: 3, stride: 1, padding: 1, height: 1, width: 1, inputBlock: 8,
      outputBlock: 8),
    // Planes large enough for Winograd's F(4 x 4, 3 x 3): with tiles beyond their edges, NHWC and bias, and in three blocks
    // of tile rows.
    .init(
      inputChannels: 16, outputChannels: 24, kernel: 3, stride: 1, padding: 1, height: 14, width: 25, inputBlock: 8,
      outputBlock: 8, isWinograd: true),
    .init(
      inputChannels: 32, outputChannels: 16, kernel: 3, stride: 1, padding: 1, hasBias: true, height: 13, width: 27,
      inputBlock: 32, outputBlock: 16, isWinograd: true),
    .init(
      inputChannels: 64, outputChannels: 128, kernel: 3, stride: 1, padding: 1, hasBias: true, height: 15, width: 38,
      inputBlock: 16, outputBlock: 16, isWinograd: true),
  ]
}

/// What a convolution computes, forward and backward.
private struct ConvolutionResult {
  var output: Activation
  var inputGradient: Activation
  var weightGradient: [Double]
  var biasGradient: [Double]
}

@Suite struct ConvolutionTests {
  /// All that this machine has, and what stands above any library's products.
  static let backends: [any Backend] =
    BackendName.allCases.compactMap { $0.makeBackend() } + [PlainProducts()]

  @Test(arguments: ConvolutionCase.all, Precision.allCases)
  func everyBackendComputesTheFormula(_ test: ConvolutionCase, _ precision: Precision) throws {
    let problem = Problem(test, images: 6)
    let expected = problem.formula()
    for backend in Self.backends {
      guard backend.supports(precision) else {
        print("\(backend.name) skipped: this CPU does not multiply \(precision.rawValue)")
        continue
      }
      let found = try problem.run(backend, precision, laneCount: 3, team: Team(threadCount: 2)).result
      let tolerance = test.tolerance(precision)
      #expect(relativeError(found.output.values, expected.output.values) < tolerance, "output of \(backend.name)")
      #expect(
        relativeError(found.inputGradient.values, expected.inputGradient.values) < tolerance,
        "input gradient of \(backend.name)")
      #expect(
        relativeError(found.weightGradient, expected.weightGradient) < tolerance, "weight gradient of \(backend.name)")
      if test.hasBias {
        #expect(
          relativeError(found.biasGradient, expected.biasGradient) < tolerance, "bias gradient of \(backend.name)")
      }
    }
  }

  /// Above any library's products.
  @Test(arguments: ConvolutionCase.all, Precision.allCases)
  func winogradIsSelectedOnLargePlanesAndForFewChannels(_ test: ConvolutionCase, _ precision: Precision) throws {
    let convolution = try Problem(test, images: 6).makeConvolution(
      PlainProducts(), precision, laneImages: 2, laneCount: 3)
    #expect("\(convolution)".hasPrefix("Winograd F(4x4,3x3)") == (test.isWinograd && precision == .float32))
    #expect("\(convolution)".contains("Winograd F(4,3)") == (test.hasWinogradRows && precision == .float32))
  }

  /// The sum of output * outputGradient is linear in the input and in the weights, so its central difference along any
  /// direction is exact but for rounding.
  @Test(arguments: ConvolutionCase.all)
  func gradientsAreThoseOfTheForwardPass(_ test: ConvolutionCase) throws {
    for backend in Self.backends {
      let problem = Problem(test, images: 2)
      let gradients = try problem.run(backend, .float32, laneCount: 1, team: Team(threadCount: 1)).result
      func loss(_ problem: Problem) throws -> Double {
        let output = try problem.run(backend, .float32, laneCount: 1, team: Team(threadCount: 1)).result.output
        return zip(output.values, problem.outputGradient.values).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let inputDirection = randomValues(count: problem.input.values.count, seed: 91)
      let weightDirection = randomValues(count: problem.weights.count, seed: 92)
      func moved(input: Double, weights: Double) -> Problem {
        var result = problem
        for index in result.input.values.indices { result.input.values[index] += input * inputDirection[index] }
        for index in result.weights.indices { result.weights[index] += weights * weightDirection[index] }
        return result
      }
      let inputSlope = try (loss(moved(input: 1, weights: 0)) - loss(moved(input: -1, weights: 0))) / 2
      let weightSlope = try (loss(moved(input: 0, weights: 1)) - loss(moved(input: 0, weights: -1))) / 2
      let inputProduct = zip(gradients.inputGradient.values, inputDirection).reduce(0) { $0 + $1.0 * $1.1 }
      let weightProduct = zip(gradients.weightGradient, weightDirection).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(inputSlope - inputProduct) < 1e-4 * max(10, abs(inputSlope)))
      #expect(abs(weightSlope - weightProduct) < 1e-4 * max(10, abs(weightSlope)))
    }
  }

  @Test(arguments: [ConvolutionCase.all[5], ConvolutionCase.all[7], ConvolutionCase.all[20]])
  func lanesChangeOnlyTheRoundingAndThreadsNothing(_ test: ConvolutionCase) throws {
    let problem = Problem(test, images: 8)
    for backend in Self.backends {
      let one = try problem.run(backend, .float32, laneCount: 1, team: Team(threadCount: 1)).result
      let four = try problem.run(backend, .float32, laneCount: 4, team: Team(threadCount: 1))
      #expect(relativeError(four.result.weightGradient, one.weightGradient) < 1e-5)
      for threads in [2, 3] {
        let again = try problem.run(backend, .float32, laneCount: 4, team: Team(threadCount: threads))
        #expect(again.bytes == four.bytes, "\(threads) threads, \(backend.name)")
      }
    }
  }

  /// An activation's channels are in whole blocks, in either order, whatever convolutions there are.
  @Test(arguments: backends, Precision.allCases)
  func ordersFitEveryNumberOfFilters(_ backend: any Backend, _ precision: Precision) {
    for filters in [[32, 64, 128], [8, 16, 32], [24, 40, 10], [1, 3], []] {
      let order = backend.order(filters: filters, precision: precision)
      for channels in [1, 3] + filters {
        let shape = order.shape(channels: channels, height: 2, width: 3)
        #expect(shape.channels == channels && channels % shape.block == 0)
        // Orders are not mixed, but for the pixels.
        if filters.contains(channels) { #expect((shape.block == channels) || order != .channelsLast) }
      }
    }
  }
}

/// A convolution with its operands.
private struct Problem {
  let test: ConvolutionCase
  var input: Activation
  var weights: [Double]
  let bias: [Double]
  let outputGradient: Activation

  init(_ test: ConvolutionCase, images: Int) {
    let geometry = test.geometry
    self.test = test
    input = Activation(images: images, channels: test.inputChannels, height: test.height, width: test.width, seed: 1)
    weights = randomValues(count: geometry.weightCount, seed: 2)
    bias = randomValues(count: test.outputChannels, seed: 3)
    outputGradient = Activation(
      images: images, channels: test.outputChannels, height: geometry.outputHeight, width: geometry.outputWidth, seed: 4
    )
  }

  func formula() -> ConvolutionResult {
    let geometry = test.geometry
    var result = ConvolutionResult(
      output: outputGradient, inputGradient: input, weightGradient: weights.map { _ in 0 },
      biasGradient: bias.map { _ in 0 })
    result.inputGradient.values = input.values.map { _ in 0 }
    for n in 0..<input.images {
      for o in 0..<test.outputChannels {
        for y in 0..<geometry.outputHeight {
          for x in 0..<geometry.outputWidth {
            var sum = test.hasBias ? bias[o] : 0
            let gradient = outputGradient[n, o, y, x]
            result.biasGradient[o] += gradient
            for i in 0..<test.inputChannels {
              for ky in 0..<test.kernel {
                for kx in 0..<test.kernel {
                  let (inputY, inputX) = (y * test.stride + ky - test.padding, x * test.stride + kx - test.padding)
                  guard 0..<test.height ~= inputY && 0..<test.width ~= inputX else { continue }
                  let index = ((o * test.inputChannels + i) * test.kernel + ky) * test.kernel + kx
                  sum += weights[index] * input[n, i, inputY, inputX]
                  result.inputGradient[n, i, inputY, inputX] += weights[index] * gradient
                  result.weightGradient[index] += gradient * input[n, i, inputY, inputX]
                }
              }
            }
            result.output[n, o, y, x] = sum
          }
        }
      }
    }
    return result
  }

  private var inputShape: ActivationShape { input.shape(block: test.inputBlock) }
  private var outputShape: ActivationShape { outputGradient.shape(block: test.outputBlock) }

  func makeConvolution(
    _ backend: any Backend, _ precision: Precision, laneImages: Int, laneCount: Int
  ) throws -> any Convolution {
    try backend.makeConvolution(
      test.geometry, input: inputShape, output: outputShape, laneImages: laneImages, laneCount: laneCount,
      precision: precision,
      directions: [.forward, .backwardInput, .backwardWeights])
  }

  func run(
    _ backend: any Backend, _ precision: Precision, laneCount: Int, team: Team
  ) throws -> (result: ConvolutionResult, bytes: [UInt8]) {
    let laneImages = input.images / laneCount
    let convolution = try makeConvolution(backend, precision, laneImages: laneImages, laneCount: laneCount)
    let weights = TestBuffer(floats: weights)
    let bias = TestBuffer(floats: bias)
    convolution.loadWeights(
      weights.pointer(to: Float.self), bias: test.hasBias ? UnsafePointer(bias.pointer(to: Float.self)) : nil)
    let source = input.stored(block: test.inputBlock, precision)
    let outputGradients = outputGradient.stored(block: test.outputBlock, precision)
    // Leftovers in the results must not matter.
    let output = outputGradient.stored(block: test.outputBlock, precision)
    let inputGradients = input.stored(block: test.inputBlock, precision)
    team.run(count: laneCount) { lane in
      let inputOffset = lane * laneImages * inputShape.elementCount * precision.byteCount
      let outputOffset = lane * laneImages * outputShape.elementCount * precision.byteCount
      convolution.forward(lane: lane, input: source.address + inputOffset, output: output.address + outputOffset)
      convolution.backwardInput(
        lane: lane, outputGradient: outputGradients.address + outputOffset,
        inputGradient: inputGradients.address + inputOffset)
      convolution.backwardWeights(
        lane: lane, input: source.address + inputOffset, outputGradient: outputGradients.address + outputOffset)
    }
    let weightGradient = TestBuffer(floats: self.weights)
    let biasGradient = TestBuffer(floats: self.bias)
    let gradients = (0..<laneCount).map { convolution.weightGradient(lane: $0) }
    for lane in gradients.dropFirst() {
      for (sum, term) in [(gradients[0].weights, lane.weights), (gradients[0].bias, lane.bias)] {
        for index in sum.indices { sum[index] += term[index] }
      }
    }
    #expect(gradients[0].weights.count == convolution.weightGradientCount)
    if let sum = gradients[0].weights.baseAddress {
      convolution.restore(sum, into: weightGradient.pointer(to: Float.self))
    }
    for (index, value) in gradients[0].bias.enumerated() { biasGradient.pointer(to: Float.self)[index] = value }
    let result = ConvolutionResult(
      output: outputGradient.read(output, block: test.outputBlock, precision),
      inputGradient: input.read(inputGradients, block: test.inputBlock, precision),
      weightGradient: weightGradient.floats, biasGradient: biasGradient.floats)
    return (result, output.bytes + inputGradients.bytes + weightGradient.bytes)
  }
}
