import Kernels

/// The values of one parameter and, in training, of its gradient.
// SAFETY: points into memory that the network owns while its modules live; modules write only their own parameters.
struct ParameterMemory: @unchecked Sendable {
  let values: UnsafeMutablePointer<Float>
  fileprivate let trainingGradient: UnsafeMutablePointer<Float>?

  var gradient: UnsafeMutablePointer<Float> {
    guard let trainingGradient else { preconditionFailure("it is not trained here") }
    return trainingGradient
  }
}

/// Makes the modules of a network in order; each takes the output of the one before it.
struct ModuleBuilder {
  /// A module with the name of its layers.
  struct Entry: Sendable {
    let name: String
    let module: Module
    let hasParameters: Bool
  }

  let parameters: Parameters
  let gradients: AlignedBuffer
  let owners: ParameterOwners
  let state: StepState
  let order: ActivationOrder
  let lanes: Lanes
  let precision: Precision
  let backend: any Backend
  let threadCount: Int
  let isTraining: Bool
  /// At first, the input's module.
  private(set) var entries: [Entry]
  /// The open shortcut, which the next `add` takes.
  var shortcut: Shortcut?
  private(set) var dropoutCount = 0
  /// Of convolutions in training; their lanes' gradients are added up, across ranks while the backward pass goes on.
  private(set) var convolutionGradients: [ConvolutionGradient] = []

  /// - Throws: `KernelError` where the backend has no kernel for a layer.
  mutating func append(_ pass: FusedPass) throws(KernelError) {
    let name = pass.layer.name
    let hasParameters = !pass.layer.parameters.isEmpty
    if let (planned, convolution) = pass.convolution {
      if let module = try convolution.normalizedModule(planned, pass, in: &self) {
        entries.append(Entry(name: "\(planned.name)+\(name)", module: module, hasParameters: hasParameters))
        return
      }
      try append(FusedPass(layer: planned))
    }
    let module = try pass.layer.layer.makeModule(pass, in: &self)
    entries.append(Entry(name: name, module: module, hasParameters: hasParameters))
  }

  // MARK: What modules are made from

  /// The output of the last module.
  var output: ModuleOutput { entries[entries.count - 1].module.output }

  func shape(of layer: LayerShape) -> ActivationShape {
    order.shape(channels: layer.planes.channels, height: layer.planes.height, width: layer.planes.width)
  }

  func activation(_ shape: ActivationShape, gradient: Activation.GradientStorage) -> Activation {
    Activation(shape, precision: precision, lanes: lanes, gradient: isTraining ? gradient : .none)
  }

  func features(count: Int) -> Features {
    let valueCount = count * lanes.images * lanes.count
    return Features(
      count: count, lanes: lanes, values: AlignedBuffer(Float.self, count: valueCount),
      gradient: AlignedBuffer(Float.self, count: isTraining ? valueCount : 0))
  }

  /// The layer's parameters, in their order.
  func memory(of layer: PlannedLayer) -> [ParameterMemory] {
    layer.parameters.map { declaration in
      guard let parameter = parameters.list.first(where: { $0.name == declaration.name }) else {
        preconditionFailure("a network has every parameter of its plan")
      }
      return ParameterMemory(
        values: parameters.values.floats + parameter.offset,
        trainingGradient: parameter.role.isLearned && isTraining ? gradients.floats + parameter.offset : nil)
    }
  }

  mutating func addGradient(
    of kernel: any Convolution, _ layer: PlannedLayer, weight: ParameterMemory, bias: ParameterMemory?
  ) {
    guard isTraining, let owner = owners.ofConvolutions[layer.name] else { return }
    convolutionGradients.append(
      ConvolutionGradient(
        layer: layer.name, kernel: kernel, weight: weight, bias: bias,
        biasCount: bias == nil ? 0 : layer.output.planes.channels, owner: owner))
  }

  /// nil in inference, and for a rate of 0.
  mutating func dropout(rate: Double) -> Dropout? {
    guard rate > 0 && isTraining else { return nil }
    defer { dropoutCount += 1 }
    return Dropout(rate: rate, number: dropoutCount, state: state)
  }

  /// The open shortcut, which this closes.
  mutating func takeShortcut() -> Shortcut? {
    defer { shortcut = nil }
    return shortcut
  }
}
