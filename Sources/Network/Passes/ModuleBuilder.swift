import Kernels

/// The values of one parameter and, in training, of its gradient.
// SAFETY: points into memory that the network owns while its modules live; modules write only their own parameters.
struct ParameterMemory: @unchecked Sendable {
  let values: UnsafeMutablePointer<Float>
  private let trainingGradient: UnsafeMutablePointer<Float>?

  init(values: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?) {
    self.values = values
    trainingGradient = gradient
  }

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
  let state: StepState
  let order: ActivationOrder
  let lanes: Lanes
  let precision: Precision
  let backend: any Backend
  let threadCount: Int
  let isTraining: Bool
  /// The output of the last module; at first, the preprocessed images.
  private(set) var output: ModuleOutput

  private(set) var entries: [Entry] = []
  /// The open shortcut, which the next `add` takes.
  var shortcut: Shortcut?
  private(set) var dropoutCount = 0

  /// - Throws: `KernelError` where the backend has no kernel for a layer.
  mutating func append(_ pass: FusedPass) throws(KernelError) {
    let name = pass.layer.name
    if let (planned, convolution) = pass.convolution {
      if let module = try convolution.normalizedModule(planned, pass, in: &self) {
        return append(module, of: pass.layer, name: "\(planned.name)+\(name)")
      }
      try append(FusedPass(layer: planned))
    }
    append(try pass.layer.layer.makeModule(pass, in: &self), of: pass.layer, name: name)
  }

  private mutating func append(_ module: Module, of layer: PlannedLayer, name: String) {
    entries.append(Entry(name: name, module: module, hasParameters: !layer.parameters.isEmpty))
    output = module.output
  }

  // MARK: What modules are made from

  /// The image planes that the last module outputs.
  var planes: Activation {
    guard case .planes(let activation) = output else { preconditionFailure("a plan has no planes after features") }
    return activation
  }

  /// The features that the last module outputs.
  var features: Features {
    guard case .features(let features) = output else { preconditionFailure("a plan flattens planes before it") }
    return features
  }

  func shape(of layer: LayerShape) -> ActivationShape {
    order.shape(channels: layer.planes.channels, height: layer.planes.height, width: layer.planes.width)
  }

  func activation(_ shape: ActivationShape, gradient: Activation.GradientStorage) -> Activation {
    Activation(shape, precision: precision, lanes: lanes, gradient: isTraining ? gradient : .none)
  }

  func features(count: Int) -> Features { Features(count: count, lanes: lanes, isTraining: isTraining) }

  /// The layer's parameters, in their order.
  func memory(of layer: PlannedLayer) -> [ParameterMemory] {
    layer.parameters.map { declaration in
      guard let parameter = parameters.list.first(where: { $0.name == declaration.name }) else {
        preconditionFailure("a network has every parameter of its plan")
      }
      return ParameterMemory(
        values: parameters.values.floats + parameter.offset,
        gradient: parameter.role.isLearned && isTraining ? gradients.floats + parameter.offset : nil)
    }
  }

  /// nil for a rate of 0.
  mutating func dropout(rate: Double) -> Dropout? {
    guard rate > 0 else { return nil }
    defer { dropoutCount += 1 }
    return Dropout(rate: rate, number: dropoutCount, state: state)
  }

  /// The open shortcut, which this closes.
  mutating func takeShortcut() -> Shortcut? {
    defer { shortcut = nil }
    return shortcut
  }
}
