import Kernels
import Specs

/// A convolution with a square kernel, and padding `kernel / 2` on every side.
struct ConvolutionLayer: Layer {
  static let kind = "conv"

  let filters: Int
  let kernel: Int
  let stride: Int
  let hasBias: Bool

  func output(after planning: inout Planning) throws(LayerError) -> LayerShape {
    let geometry = geometry(for: try planning.planes())
    return .planes(PlaneSize(channels: filters, height: geometry.outputHeight, width: geometry.outputWidth))
  }

  func geometry(for input: PlaneSize) -> ConvolutionGeometry {
    ConvolutionGeometry(
      inputChannels: input.channels, outputChannels: filters, kernel: kernel, stride: stride, padding: kernel / 2,
      hasBias: hasBias, inputHeight: input.height, inputWidth: input.width)
  }

  func parameters(for input: LayerShape) -> [Parameter] {
    let shape = [filters, input.planes.channels, kernel, kernel]
    let fanIn = input.planes.channels * kernel * kernel
    let bias = Parameter("bias", [filters], .bias, fanIn: fanIn)
    return [Parameter("weight", shape, .kernel, fanIn: fanIn)] + (hasBias ? [bias] : [])
  }

  func operationCount(from input: LayerShape, to output: LayerShape) -> Int {
    2 * output.planes.count * input.planes.channels * kernel * kernel
  }

  var graphOperator: GraphOperator? {
    GraphOperator(
      name: "Conv",
      attributes: [
        "kernel_shape": .ints([kernel, kernel]), "pads": .ints([Int](repeating: kernel / 2, count: 4)),
        "strides": .ints([stride, stride]),
      ])
  }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> Module {
    let input = builder.output.planes
    // The last backward phase of the next layer writes the gradient, and the first one here reads it.
    let output = builder.activation(builder.shape(of: pass.layer.output), gradient: .passing)
    var directions: Set<ConvolutionDirection> = [.forward]
    if builder.isTraining { directions.insert(.backwardWeights) }
    // The input image has no gradient.
    if input.gradient != nil { directions.insert(.backwardInput) }
    let kernel = try builder.backend.makeConvolution(
      geometry(for: pass.layer.input.planes), input: input.shape, output: output.shape,
      laneImages: builder.lanes.images, laneCount: builder.lanes.slotCount, precision: builder.precision,
      directions: directions)
    let parameters = builder.memory(of: pass.layer)
    let (weight, bias) = (parameters[0], hasBias ? parameters[1] : nil)
    builder.addGradient(of: kernel, pass.layer, weight: weight, bias: bias)
    return Module(
      output: .planes(output),
      forward: [
        .prepare { kernel.loadWeights(weight.values, bias: bias?.values) },
        .lanes { lane in
          kernel.forward(lane: lane.slot, input: input.values(lane: lane), output: output.values(lane: lane))
        },
      ],
      backward: [
        .lanes { lane in
          let gradient = output.gradient(lane: lane)
          kernel.backwardWeights(lane: lane.slot, input: input.values(lane: lane), outputGradient: gradient)
          if input.gradient != nil {
            kernel.backwardInput(
              lane: lane.slot, outputGradient: gradient, inputGradient: input.gradient(lane: lane))
          }
        }
      ])
  }
}

extension ConvolutionLayer {
  private enum Key: String, SpecKey { case filters, kernel, stride, bias }

  static let word = "convolution"

  init(_ item: SpecItem) throws(SpecError) {
    let settings = try item.settings(of: Key.self)
    filters = try settings.wholeNumber(.filters, in: 1...4096)
    kernel = try settings.wholeNumber(.kernel, in: 1...31, default: 3)
    stride = try settings.wholeNumber(.stride, in: 1...16, default: 1)
    hasBias = try settings.flag(.bias, default: false)
  }

  var text: String { "\(Self.word) filters=\(filters) kernel=\(kernel) stride=\(stride) bias=\(hasBias)" }
}

extension LayerDescription {
  package static func convolution(filters: Int, kernel: Int, stride: Int, hasBias: Bool) -> LayerDescription {
    LayerDescription(ConvolutionLayer(filters: filters, kernel: kernel, stride: stride, hasBias: hasBias))
  }
}

extension NetworkPlan {
  /// Output planes of every convolution.
  private var outputs: [PlaneSize] { layers.filter { $0.layer is ConvolutionLayer }.map(\.output.planes) }
  /// Output channels of every convolution.
  var filters: [Int] { outputs.map(\.channels) }
  /// Values of the largest output of a convolution for one image; 0 without convolutions.
  var largestPlaneCount: Int { outputs.map(\.count).max() ?? 0 }
}
