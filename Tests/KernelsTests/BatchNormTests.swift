import Kernels
import Ranks
import Testing
import Workers

struct BatchNormCase: Sendable, CustomTestStringConvertible {
  var channels = 16
  var block = 8
  var height = 5
  var width = 7
  var hasReLU = false
  var hasResidual = false
  var dropoutRate: Float?
  var precision = Precision.float32

  var testDescription: String {
    "\(channels) channels in blocks of \(block), \(precision.rawValue)\(dropoutRate.map { ", dropout \($0)" } ?? "")"
      + "\(hasResidual ? ", residual" : "")\(hasReLU ? ", ReLU" : "")"
  }

  static let all: [BatchNormCase] = Precision.allCases.flatMap { precision in
    [
      .init(precision: precision),
      .init(hasReLU: true, precision: precision),
      .init(channels: 32, block: 32, hasReLU: true, hasResidual: true, precision: precision),
      .init(hasReLU: true, dropoutRate: 0.5, precision: precision),
      .init(dropoutRate: 0.25, precision: precision),
      .init(channels: 48, block: 24, hasReLU: true, hasResidual: true, dropoutRate: 0.5, precision: precision),
      .init(channels: 8, block: 8, height: 30, width: 41, hasReLU: true, hasResidual: true, precision: precision),
      .init(channels: 11, block: 11, hasReLU: true, hasResidual: true, dropoutRate: 0.3, precision: precision),
      .init(channels: 6, block: 1, hasReLU: true, dropoutRate: 0.5, precision: precision),
    ]
  }
}

/// The layer's formula in double precision.
private struct Formula {
  let test: BatchNormCase
  var input: Activation
  let residual: Activation
  var gamma: [Double]
  var beta: [Double]
  let dropout: DropoutReference?
  /// Before the step; near the batch's means, as after some training.
  var runningMean: [Double]
  /// Statistics in place of the batch's, for inference.
  var running: (mean: [Double], variance: [Double])?

  init(_ test: BatchNormCase, images: Int) {
    self.test = test
    input = Activation(images: images, channels: test.channels, height: test.height, width: test.width, seed: 1)
    // A mean far from zero in one channel: sums of squares must not cancel.
    for image in 0..<images {
      for y in 0..<test.height { for x in 0..<test.width { input[image, 0, y, x] += 16 } }
    }
    if test.precision == .bfloat16 { input.values = input.values.map { Double(BFloat16(Float($0)).float) } }
    residual = Activation(images: images, channels: test.channels, height: test.height, width: test.width, seed: 2)
    runningMean = randomValues(count: test.channels, seed: 8)
    runningMean[0] += 16
    gamma = randomValues(count: test.channels, seed: 3).map { $0 + 1.5 }
    beta = randomValues(count: test.channels, seed: 4)
    dropout = test.dropoutRate.map { DropoutReference(seed: 5, step: 6, layer: 7, rate: $0) }
  }

  func statistics() -> (mean: [Double], variance: [Double]) {
    var (mean, variance) = ([Double](), [Double]())
    let count = Double(input.images * test.height * test.width)
    for channel in 0..<test.channels {
      var values: [Double] = []
      for image in 0..<input.images {
        for y in 0..<test.height { for x in 0..<test.width { values.append(input[image, channel, y, x]) } }
      }
      let center = values.reduce(0, +) / count
      mean.append(center)
      variance.append(values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / count)
    }
    return (mean, variance)
  }

  func output() -> Activation {
    let (mean, variance) = running ?? statistics()
    var output = input
    for image in 0..<input.images {
      for channel in 0..<test.channels {
        for y in 0..<test.height {
          for x in 0..<test.width {
            var value = (input[image, channel, y, x] - mean[channel]) / (variance[channel] + 1e-5).squareRoot()
            value = value * gamma[channel] + beta[channel]
            if let dropout {
              // A plane's vectors are counted through the pixels of eight channels, then of the next eight.
              let vector = channel % test.block / 8 * test.height * test.width + y * test.width + x
              let plane = image * (test.channels / test.block) + channel / test.block
              value *= Double(dropout.factor(plane: plane, vector: vector, channel: channel % test.block % 8))
            }
            if test.hasResidual { value += residual[image, channel, y, x] }
            output[image, channel, y, x] = test.hasReLU ? max(0, value) : value
          }
        }
      }
    }
    return output
  }
}

/// What the kernels leave behind, run over lanes.
private struct Run {
  var output: Activation
  var inputGradient: Activation
  var residualGradient: Activation
  let gammaGradient: [Double]
  let betaGradient: [Double]
  let runningMean: [Double]
  let runningVariance: [Double]
  let bytes: [UInt8]

  init(_ formula: Formula, outputGradient: Activation, laneCount: Int, team: Team) {
    let (test, images) = (formula.test, formula.input.images)
    let (block, precision) = (test.block, test.precision)
    let norm = BatchNorm(
      shape: formula.input.shape(block: block), precision: precision, hasReLU: test.hasReLU,
      hasResidual: test.hasResidual, lanes: Partition(laneCount))
    let laneImages = images / laneCount
    let laneBytes = laneImages * formula.input.shape(block: block).elementCount * precision.byteCount
    let input = formula.input.stored(block: block, precision)
    let residual = formula.residual.stored(block: block, precision)
    let output = outputGradient.stored(block: block, precision)
    let gradient = outputGradient.stored(block: block, precision)
    let residualGradient = outputGradient.stored(block: block, precision)
    let (gamma, beta) = (TestBuffer(floats: formula.gamma), TestBuffer(floats: formula.beta))
    let runningMean = TestBuffer(floats: formula.runningMean)
    let runningVariance = TestBuffer(floats: formula.gamma)
    let (gammaGradient, betaGradient) = (TestBuffer(floats: formula.gamma), TestBuffer(floats: formula.beta))

    team.run(count: laneCount) { lane in
      norm.sumInput(
        lane: lane, input: input.address + lane * laneBytes, images: laneImages,
        center: runningMean.pointer(to: Float.self))
    }
    norm.finishStatistics(
      images: images, gamma: gamma.pointer(to: Float.self), beta: beta.pointer(to: Float.self),
      runningMean: runningMean.pointer(to: Float.self), runningVariance: runningVariance.pointer(to: Float.self))
    team.run(count: laneCount) { lane in
      let offset = lane * laneBytes
      norm.apply(
        input: input.address + offset, residual: test.hasResidual ? UnsafeRawPointer(residual.address + offset) : nil,
        output: output.address + offset, images: laneImages, dropout: formula.dropout?.mask,
        firstImage: lane * laneImages)
      norm.sumGradients(
        lane: lane, gradient: gradient.address + offset, output: output.address + offset, input: input.address + offset,
        images: laneImages,
        residualGradient: test.hasResidual ? residualGradient.address + offset : nil,
        dropout: formula.dropout?.mask, firstImage: lane * laneImages)
    }
    norm.finishGradients(
      images: images, gamma: gamma.pointer(to: Float.self), gammaGradient: gammaGradient.pointer(to: Float.self),
      betaGradient: betaGradient.pointer(to: Float.self))
    team.run(count: laneCount) { lane in
      let offset = lane * laneBytes
      norm.backward(
        gradient: gradient.address + offset, input: input.address + offset, inputGradient: gradient.address + offset,
        images: laneImages)
    }
    self.output = formula.input.read(output, block: block, precision)
    inputGradient = formula.input.read(gradient, block: block, precision)
    self.residualGradient = formula.input.read(residualGradient, block: block, precision)
    self.gammaGradient = gammaGradient.floats
    self.betaGradient = betaGradient.floats
    self.runningMean = runningMean.floats
    self.runningVariance = runningVariance.floats
    bytes = output.bytes + gradient.bytes + gammaGradient.bytes + betaGradient.bytes + runningMean.bytes
  }
}

@Suite struct BatchNormTests {
  private static func outputGradient(_ test: BatchNormCase, images: Int) -> Activation {
    Activation(images: images, channels: test.channels, height: test.height, width: test.width, seed: 9)
  }

  @Test(arguments: BatchNormCase.all)
  func forwardComputesTheFormula(_ test: BatchNormCase) {
    let formula = Formula(test, images: 4)
    let run = Run(
      formula, outputGradient: Self.outputGradient(test, images: 4), laneCount: 2, team: Team(threadCount: 2))
    #expect(relativeError(run.output.values, formula.output().values) < tolerance(test.precision))

    let (mean, variance) = formula.statistics()
    let count = Double(4 * test.height * test.width)
    let runningMean = zip(formula.runningMean, mean).map { 0.9 * $0 + 0.1 * $1 }
    let runningVariance = zip(formula.gamma, variance).map { 0.9 * $0 + 0.1 * $1 * count / (count - 1) }
    #expect(relativeError(run.runningMean, runningMean) < 1e-6)
    #expect(relativeError(run.runningVariance, runningVariance) < 1e-6)
  }

  /// Analytic gradients against central differences of the double-precision formula, for the loss sum(y *
  /// outputGradient).
  @Test(arguments: BatchNormCase.all)
  func backwardMatchesFiniteDifferences(_ test: BatchNormCase) {
    let formula = Formula(test, images: 4)
    let gradient = Self.outputGradient(test, images: 4)
    let run = Run(formula, outputGradient: gradient, laneCount: 2, team: Team(threadCount: 2))
    func loss(_ formula: Formula) -> Double {
      zip(formula.output().values, gradient.values).reduce(0) { $0 + $1.0 * $1.1 }
    }
    func slope(_ change: (inout Formula, Double) -> Void) -> Double {
      var (above, below) = (formula, formula)
      change(&above, 1e-6)
      change(&below, -1e-6)
      return (loss(above) - loss(below)) / 2e-6
    }
    let tolerance = test.precision == .float32 ? 1e-4 : 0.02
    let scale = run.inputGradient.values.reduce(0) { max($0, abs($1)) }
    for index in stride(from: 3, to: formula.input.values.count, by: formula.input.values.count / 11) {
      let expected = slope { $0.input.values[index] += $1 }
      #expect(abs(run.inputGradient.values[index] - expected) < tolerance * scale, "input \(index)")
    }
    for channel in [0, test.channels - 1] {
      let gammaSlope = slope { $0.gamma[channel] += $1 }
      let betaSlope = slope { $0.beta[channel] += $1 }
      #expect(abs(run.gammaGradient[channel] - gammaSlope) < tolerance * max(10, abs(gammaSlope)))
      #expect(abs(run.betaGradient[channel] - betaSlope) < tolerance * max(10, abs(betaSlope)))
    }
  }

  @Test(arguments: BatchNormCase.all.filter(\.hasResidual))
  func residualGradientIsThatBehindTheReLU(_ test: BatchNormCase) {
    let formula = Formula(test, images: 2)
    let gradient = Self.outputGradient(test, images: 2)
    let run = Run(formula, outputGradient: gradient, laneCount: 1, team: Team(threadCount: 1))
    let expected = zip(run.output.values, gradient.values).map { $0 > 0 || !test.hasReLU ? $1 : 0 }
    #expect(relativeError(run.residualGradient.values, expected) == 0)
  }

  /// In the first steps the running means are 0, whatever the batch's are: that costs digits, but not many.
  @Test func aPoorCenterCostsLittle() {
    var formula = Formula(BatchNormCase(), images: 4)
    formula.runningMean = formula.runningMean.map { _ in 0 }
    let gradient = Self.outputGradient(formula.test, images: 4)
    let run = Run(formula, outputGradient: gradient, laneCount: 2, team: Team(threadCount: 1))
    #expect(relativeError(run.output.values, formula.output().values) < 3e-4)
  }

  @Test func lanesChangeOnlyTheRoundingAndThreadsNothing() {
    let test = BatchNormCase(hasReLU: true, dropoutRate: 0.5)
    let formula = Formula(test, images: 8)
    let gradient = Self.outputGradient(test, images: 8)
    let one = Run(formula, outputGradient: gradient, laneCount: 1, team: Team(threadCount: 1))
    let four = Run(formula, outputGradient: gradient, laneCount: 4, team: Team(threadCount: 1))
    let parallel = Run(formula, outputGradient: gradient, laneCount: 4, team: Team(threadCount: 3))
    #expect(relativeError(four.output.values, one.output.values) < 1e-6)
    #expect(relativeError(four.inputGradient.values, one.inputGradient.values) < 1e-5)
    #expect(parallel.bytes == four.bytes)
  }

  @Test(arguments: BatchNormCase.all.filter { $0.dropoutRate == nil })
  func inferenceUsesTheRunningStatistics(_ test: BatchNormCase) {
    var formula = Formula(test, images: 2)
    formula.running = (formula.beta, formula.gamma)
    let (block, precision) = (test.block, test.precision)
    let norm = BatchNorm(
      shape: formula.input.shape(block: block), precision: precision, hasReLU: test.hasReLU,
      hasResidual: test.hasResidual, lanes: Partition(1))
    let (gamma, beta) = (TestBuffer(floats: formula.gamma), TestBuffer(floats: formula.beta))
    norm.useRunningStatistics(
      gamma: gamma.pointer(to: Float.self), beta: beta.pointer(to: Float.self),
      runningMean: beta.pointer(to: Float.self), runningVariance: gamma.pointer(to: Float.self))
    let values = formula.input.stored(block: block, precision)
    let residual = formula.residual.stored(block: block, precision)
    norm.apply(
      input: values.address, residual: test.hasResidual ? UnsafeRawPointer(residual.address) : nil,
      output: values.address, images: 2, dropout: nil, firstImage: 0)
    let output = formula.input.read(values, block: block, precision)
    #expect(relativeError(output.values, formula.output().values) < tolerance(precision))
  }
}
