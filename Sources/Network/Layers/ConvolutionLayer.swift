import Kernels
import Specs

/// A square kernel with padding `kernel / 2` on every side.
struct ConvolutionLayer: Layer, LayerForm {
  private enum Key: String, SpecKey { case filters, kernel, stride, bias }

  static let word = "convolution"
  static let kind = "conv"

  let filters: Int
  let kernel: Int
  let stride: Int
  let hasBias: Bool

  init(_ item: SpecItem) throws(SpecError) {
    let settings = try item.settings(of: Key.self)
    filters = try settings.wholeNumber(.filters, in: 1...4096)
    kernel = try settings.wholeNumber(.kernel, in: 1...31, default: 3)
    stride = try settings.wholeNumber(.stride, in: 1...16, default: 1)
    hasBias = try settings.flag(.bias, default: false)
  }

  fileprivate init(filters: Int, kernel: Int, stride: Int, hasBias: Bool) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.hasBias = hasBias
  }

  var text: String { "\(Self.word) filters=\(filters) kernel=\(kernel) stride=\(stride) bias=\(hasBias)" }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    let geometry = geometry(for: try planning.planes())
    return .planes(PlaneSize(channels: filters, height: geometry.outputHeight, width: geometry.outputWidth))
  }

  private func geometry(for input: PlaneSize) -> ConvolutionGeometry {
    ConvolutionGeometry(
      inputChannels: input.channels, outputChannels: filters, kernel: kernel, stride: stride, padding: kernel / 2,
      hasBias: hasBias, inputHeight: input.height, inputWidth: input.width)
  }

  func geometry(of planned: PlannedLayer) -> ConvolutionGeometry { geometry(for: planned.input.planes) }

  private func fanIn(of input: LayerShape) -> Int { input.planes.channels * kernel * kernel }

  func parameters(for input: LayerShape) -> [ParameterDeclaration] {
    let fanIn = fanIn(of: input)
    let weight = ParameterDeclaration(
      "weight", [filters, input.planes.channels, kernel, kernel], .kernel(fanIn: fanIn))
    return hasBias ? [weight, ParameterDeclaration("bias", [filters], .bias(fanIn: fanIn))] : [weight]
  }

  func operationCount(from input: LayerShape, to output: LayerShape) -> Int {
    2 * output.planes.count * fanIn(of: input)
  }

  var graphOperator: GraphOperator? {
    GraphOperator(
      "Conv",
      [
        "kernel_shape": .ints([kernel, kernel]), "pads": .ints([Int](repeating: kernel / 2, count: 4)),
        "strides": .ints([stride, stride]),
      ])
  }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> any Module {
    let (input, geometry) = (builder.planes, geometry(of: pass.layer))
    let shape = builder.shape(of: pass.layer.output.planes)
    var directions: ConvolutionDirections = .forward
    if builder.isTraining { directions.insert(.backwardWeights) }
    if input.gradient != nil { directions.insert(.backwardInput) }
    let parameters = builder.memory(of: pass.layer)
    return ConvolutionModule(
      kernel: try builder.backend.makeConvolution(
        geometry, input: input.shape, output: shape, laneImages: builder.lanes.images, lanes: builder.lanes.slotCount,
        precision: builder.precision, directions: directions),
      input: input,
      // The last phase of whatever follows writes the gradient, and the first one here reads it.
      values: builder.activation(shape, gradient: .passing), weight: parameters[0],
      bias: hasBias ? parameters[1] : nil)
  }
}

extension LayerDescription {
  package static func convolution(filters: Int, kernel: Int, stride: Int, hasBias: Bool) -> LayerDescription {
    LayerDescription(ConvolutionLayer(filters: filters, kernel: kernel, stride: stride, hasBias: hasBias))
  }
}

extension NetworkPlan {
  private var convolutions: [PlannedLayer] { layers.filter { $0.layer is ConvolutionLayer } }
  /// Output channels of every convolution.
  var filters: [Int] { convolutions.map(\.output.planes.channels) }
  /// Values of the largest activation that a convolution gives for one image; 0 without convolutions.
  var largestPlaneCount: Int { convolutions.map(\.output.planes.count).max() ?? 0 }
}

private struct ConvolutionModule: Module {
  let kernel: any Convolution
  let input: Activation
  let values: Activation
  let weight: ParameterMemory
  let bias: ParameterMemory?

  var output: ModuleOutput { .planes(values) }

  var forward: [Phase] {
    [
      .prepare { kernel.loadWeights(weight.values, bias: bias?.values) },
      .lanes { lane in
        kernel.forward(lane: lane.slot, input: input.values(lane: lane), output: values.values(lane: lane))
      },
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        let outputGradient = values.gradient(lane: lane)
        kernel.backwardWeights(lane: lane.slot, input: input.values(lane: lane), outputGradient: outputGradient)
        // The pixels have no gradient.
        if input.gradient != nil {
          kernel.backwardInput(
            lane: lane.slot, outputGradient: outputGradient, inputGradient: input.gradient(lane: lane))
        }
      },
      .conclude { kernel.reduceWeightGradients(into: weight.gradient, bias: bias?.gradient) },
    ]
  }
}
