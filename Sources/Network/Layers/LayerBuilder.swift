import Kernels

/// The numbers of one parameter and, where it is being learned, of its gradient.
// SAFETY: points into memory that the network owns for as long as its layers live; layers write their own parameters only.
struct ParameterMemory: @unchecked Sendable {
  let values: UnsafeMutablePointer<Float>
  private let learnedGradient: UnsafeMutablePointer<Float>?

  init(values: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?) {
    self.values = values
    learnedGradient = gradient
  }

  var gradient: UnsafeMutablePointer<Float> {
    guard let learnedGradient else { preconditionFailure("no gradient is kept here") }
    return learnedGradient
  }
}

/// What a layer gave in the last pass, for the search of the one where numbers broke.
struct LayerOutput: Sendable {
  let name: String
  let isFinite: @Sendable () -> Bool
}

/// Makes the layers of a plan, one after the other, each reading what the one before it gives.
struct LayerBuilder {
  private let parameters: Parameters
  private let gradients: AlignedBuffer
  private let state: StepState
  private let order: ActivationOrder
  private let lanes: Lanes
  private let precision: Precision
  private let backend: any Backend
  private let threadCount: Int
  private let isTraining: Bool

  private(set) var layers: [any Layer] = []
  /// Of the layers, in their order.
  private(set) var names: [String] = []
  /// Of the layers with parameters, in their order.
  private(set) var outputs: [LayerOutput] = []
  /// What the last layer gives: image planes, then features once a linear layer has come.
  private var current: Activation
  private(set) var features: Features?
  private var shortcut: ShortcutLayer?
  private var dropoutCount = 0

  init(
    parameters: Parameters, gradients: AlignedBuffer, input: Activation, order: ActivationOrder, state: StepState,
    lanes: Lanes, precision: Precision, backend: any Backend, threadCount: Int, isTraining: Bool
  ) {
    self.parameters = parameters
    self.gradients = gradients
    self.order = order
    self.state = state
    self.lanes = lanes
    self.precision = precision
    self.backend = backend
    self.threadCount = threadCount
    self.isTraining = isTraining
    current = input
  }

  /// - Throws: `KernelError` where the backend has no kernel for a stage.
  mutating func append(_ stages: [NetworkPlan.Stage]) throws(KernelError) {
    var rest = stages[...]
    while let stage = rest.popFirst() {
      if !isTraining, let next = rest.first, try appendTogether(stage, next) {
        rest.removeFirst()
        names.append("\(stage.name)+\(next.name)")
      } else {
        try append(stage)
        names.append(stage.name)
      }
    }
  }

  /// Appends a convolution and the batch norm after it as one layer, where the backend has a kernel for that.
  private mutating func appendTogether(
    _ stage: NetworkPlan.Stage, _ next: NetworkPlan.Stage
  ) throws(KernelError) -> Bool {
    guard case .convolution(let name, let geometry) = stage else { return false }
    switch next {
    case .normalization(let normName, _, _, let addsShortcut, let hasRelu):
      return try appendNormalizedConvolution(
        name, geometry, normName, addsShortcut: addsShortcut, hasRelu: hasRelu, pools: false)
    case .pooledNormalization(let normName, _, _, let hasRelu):
      return try appendNormalizedConvolution(
        name, geometry, normName, addsShortcut: false, hasRelu: hasRelu, pools: true)
    default: return false
    }
  }

  private mutating func appendNormalizedConvolution(
    _ name: String, _ geometry: ConvolutionGeometry, _ normName: String, addsShortcut: Bool, hasRelu: Bool, pools: Bool
  ) throws(KernelError) -> Bool {
    let shape = outputShape(of: geometry)
    let statistics = statistics(normName, shape, hasReLU: hasRelu, hasResidual: addsShortcut)
    guard
      let kernel = try backend.makeNormalizedConvolution(
        geometry, input: current.shape, norm: statistics.norm, pools: pools, laneImages: lanes.images,
        laneCount: lanes.count, threadCount: threadCount)
    else { return false }
    let output = activation(pools ? shape.pooled(by: 2) : shape, gradient: .none)
    layers.append(
      NormalizedConvolutionLayer(
        kernel: kernel, input: current, output: output, shortcut: addsShortcut ? shortcut : nil,
        weight: memory(name + ".weight"), bias: geometry.hasBias ? memory(name + ".bias") : nil, statistics: statistics)
    )
    if addsShortcut { shortcut = nil }
    current = output
    note(output, of: normName)
    return true
  }

  private mutating func append(_ stage: NetworkPlan.Stage) throws(KernelError) {
    switch stage {
    case .convolution(let name, let geometry): try appendConvolution(name, geometry)
    case .normalization(let name, _, let rate, let addsShortcut, let hasRelu):
      appendNormalization(name, dropout: rate, addsShortcut: addsShortcut, hasRelu: hasRelu)
    case .pooledNormalization(let name, _, let rate, let hasRelu):
      appendPooledNormalization(name, dropout: rate, hasRelu: hasRelu)
    case .maxPool(_, let size):
      let output = activation(current.shape.pooled(by: size), gradient: .kept)
      layers.append(
        MaxPoolLayer(
          pool: MaxPool(input: current.shape, size: size, precision: precision), input: current, output: output,
          lanes: lanes, isTraining: isTraining))
      current = output
    case .shortcut:
      let layer = ShortcutLayer(source: current, precision: precision, lanes: lanes, isTraining: isTraining)
      layers.append(layer)
      shortcut = layer
    case .flatten(let size):
      let output = Features(count: size.count, lanes: lanes, isTraining: isTraining)
      layers.append(
        FlattenLayer(
          flatten: Flatten(shape: current.shape, precision: precision), input: current, output: output, lanes: lanes))
      features = output
    case .linear(let name, let inputs, let units, let rate, let hasRelu):
      guard let input = features, input.count == inputs else { preconditionFailure("a plan flattens before it") }
      let output = Features(count: units, lanes: lanes, isTraining: isTraining)
      layers.append(
        try LinearLayer(
          backend: backend, precision: precision, input: input, output: output, weight: memory(name + ".weight"),
          bias: memory(name + ".bias"),
          activation: LinearActivation(features: units, hasReLU: hasRelu), dropout: nextDropout(rate), lanes: lanes,
          isTraining: isTraining))
      features = output
      note(output, of: name)
    }
  }

  private mutating func appendConvolution(_ name: String, _ geometry: ConvolutionGeometry) throws(KernelError) {
    let shape = outputShape(of: geometry)
    // The last phase of whatever follows writes the gradient, and the first one here reads it.
    let output = activation(shape, gradient: .passing)
    var directions: ConvolutionDirections = .forward
    if isTraining { directions.insert(.backwardWeights) }
    if current.gradient != nil { directions.insert(.backwardInput) }
    let kernel = try backend.makeConvolution(
      geometry, input: current.shape, output: shape, laneImages: lanes.images, laneCount: lanes.placeCount,
      precision: precision, directions: directions)
    layers.append(
      ConvolutionLayer(
        kernel: kernel, input: current, output: output, weight: memory(name + ".weight"),
        bias: geometry.hasBias ? memory(name + ".bias") : nil))
    current = output
    note(output, of: name)
  }

  private func outputShape(of geometry: ConvolutionGeometry) -> ActivationShape {
    order.shape(channels: geometry.outputChannels, height: geometry.outputHeight, width: geometry.outputWidth)
  }

  private mutating func appendNormalization(_ name: String, dropout rate: Double, addsShortcut: Bool, hasRelu: Bool) {
    // Only the backward pass reads a normalisation's input again, and a shortcut that began there: without them the output
    // takes its memory.
    let isReadAgain = isTraining || shortcut?.source === current
    let output = isReadAgain ? activation(current.shape, gradient: .kept) : current
    layers.append(
      NormalizationLayer(
        statistics: statistics(name, current.shape, hasReLU: hasRelu, hasResidual: addsShortcut), input: current,
        output: output,
        shortcut: addsShortcut ? shortcut : nil,
        dropout: nextDropout(rate), lanes: lanes, isTraining: isTraining))
    if addsShortcut { shortcut = nil }
    current = output
    note(output, of: name)
  }

  private mutating func appendPooledNormalization(_ name: String, dropout rate: Double, hasRelu: Bool) {
    let output = activation(current.shape.pooled(by: 2), gradient: .kept)
    layers.append(
      PooledNormalizationLayer(
        statistics: statistics(name, current.shape, hasReLU: hasRelu, hasResidual: false), input: current,
        output: output,
        dropout: nextDropout(rate), lanes: lanes, isTraining: isTraining))
    current = output
    note(output, of: name)
  }

  private func statistics(
    _ name: String, _ shape: ActivationShape, hasReLU: Bool, hasResidual: Bool
  ) -> NormalizationStatistics {
    NormalizationStatistics(
      norm: BatchNorm(
        shape: shape, precision: precision, hasReLU: hasReLU, hasResidual: hasResidual, laneCount: lanes.count),
      gamma: memory(name + ".weight"), beta: memory(name + ".bias"), runningMean: memory(name + ".running_mean"),
      runningVariance: memory(name + ".running_var"))
  }

  private mutating func note(_ output: Activation, of name: String) {
    let (count, precision) = (output.values.byteCount / precision.byteCount, precision)
    outputs.append(
      LayerOutput(name: name) { areFinite(output.values.address, count: count, precision: precision) })
  }

  private mutating func note(_ output: Features, of name: String) {
    let count = output.values.byteCount / Precision.float32.byteCount
    outputs.append(
      LayerOutput(name: name) { areFinite(output.values.address, count: count, precision: .float32) })
  }

  private mutating func nextDropout(_ rate: Double) -> Dropout? {
    guard rate > 0 else { return nil }
    defer { dropoutCount += 1 }
    return Dropout(rate: rate, number: dropoutCount, state: state)
  }

  private func activation(_ shape: ActivationShape, gradient: Activation.GradientStorage) -> Activation {
    Activation(shape, precision: precision, lanes: lanes, gradient: isTraining ? gradient : .none)
  }

  private func memory(_ name: String) -> ParameterMemory {
    guard let parameter = parameters.list.first(where: { $0.name == name }) else {
      preconditionFailure("a plan declares '\(name)'")
    }
    return ParameterMemory(
      values: parameters.values.floats + parameter.offset,
      gradient: parameter.isLearned && isTraining ? gradients.floats + parameter.offset : nil)
  }
}
