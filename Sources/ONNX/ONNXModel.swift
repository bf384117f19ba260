import Kernels
import Network
import Samples
import Specs

extension ModelFile {
  /// The model as an ONNX file: from pixels as they are in an image file, [images, 1, height, width] of 0...255, to logits,
  /// [images, position, class]. What it reads is in the metadata, under the keys of a model file.
  package func encodedAsONNX() -> [UInt8] {
    var builder = ONNXBuilder(self)
    for layer in description.layers { builder.add(layer) }
    return builder.finish()
  }
}

/// Builds the graph of a model, layer by layer.
private struct ONNXBuilder {
  private let model: ModelFile
  private var graph: ONNXGraph
  /// The output of the last layer.
  private var current: String
  private var kept: String?
  private var counts: [String: Int] = [:]
  private var isFlat = false

  init(_ model: ModelFile) {
    self.model = model
    graph = ONNXGraph(name: model.description.name)
    let input = model.description.input
    graph.add(
      input: "image", .uint8,
      shape: [.named("images"), .size(input.format.rawValue), .size(input.height), .size(input.width)])
    let pixels = graph.add("Cast", "image", attributes: ["to": .int(ONNXGraph.ElementType.float.rawValue)])
    let white = graph.add(constant: "white", shape: [], [255])
    let one = graph.add(constant: "one", shape: [], [1])
    let shares = graph.add("Div", pixels, white)
    current = graph.add("Sub", one, shares)
  }

  mutating func add(_ layer: LayerDescription) {
    switch layer {
    case .convolution(_, let kernel, let stride, let hasBias): addConvolution(kernel, stride, hasBias: hasBias)
    case .batchNorm: addBatchNorm()
    // Nothing is dropped where nothing is learned.
    case .dropout: break
    case .relu: current = graph.add("Relu", current)
    case .maxPool(let size):
      current = graph.add(
        "MaxPool", current, attributes: ["kernel_shape": .ints([size, size]), "strides": .ints([size, size])])
    case .shortcut: kept = current
    case .add:
      current = graph.add("Add", current, kept ?? current)
      kept = nil
    case .linear: addLinear()
    }
  }

  private mutating func addConvolution(_ kernel: Int, _ stride: Int, hasBias: Bool) {
    let name = numbered("conv")
    let weight = parameter(name + ".weight")
    let attributes: KeyValuePairs<String, ONNXGraph.Attribute> = [
      "kernel_shape": .ints([kernel, kernel]), "pads": .ints([Int](repeating: kernel / 2, count: 4)),
      "strides": .ints([stride, stride]),
    ]
    current =
      hasBias
      ? graph.add("Conv", current, weight, parameter(name + ".bias"), attributes: attributes)
      : graph.add("Conv", current, weight, attributes: attributes)
  }

  private mutating func addBatchNorm() {
    let name = numbered("norm")
    current = graph.add(
      "BatchNormalization", current, parameter(name + ".weight"), parameter(name + ".bias"),
      parameter(name + ".running_mean"), parameter(name + ".running_var"),
      attributes: ["epsilon": .float(Float(BatchNorm.epsilon))])
  }

  private mutating func addLinear() {
    if !isFlat { current = graph.add("Flatten", current, attributes: ["axis": .int(1)]) }
    isFlat = true
    let name = numbered("linear")
    current = graph.add(
      "Gemm", current, parameter(name + ".weight"), parameter(name + ".bias"), attributes: ["transB": .int(1)])
  }

  func finish() -> [UInt8] {
    var graph = graph
    let description = model.description
    // A zero keeps the size that is there: the images.
    let shape = graph.add(constant: "shape", [0, description.positions, description.classCount])
    let logits = graph.add("Reshape", current, shape, output: "logits")
    graph.add(
      output: logits, .float, shape: [.named("images"), .size(description.positions), .size(description.classCount)])
    var metadata = description.metadata
    metadata["preprocessing"] = "none: the graph takes pixels of 0...255"
    return graph.encoded(metadata: metadata)
  }

  /// Layers of a kind are numbered as in the model file.
  private mutating func numbered(_ kind: String) -> String {
    counts[kind, default: 0] += 1
    return kind + String(counts[kind, default: 0])
  }

  private mutating func parameter(_ name: String) -> String {
    guard let tensor = model.tensors[name] else { preconditionFailure("a model file is checked when it is read") }
    return graph.add(constant: name, shape: tensor.shape, tensor.values)
  }
}
