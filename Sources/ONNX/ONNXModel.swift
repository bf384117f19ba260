import Network
import Samples

extension ModelFile {
  /// The model as an ONNX file: from pixels as in an image file, [images, channel, height, width] of 0...255, to
  /// logits, [images, position, class]. Its metadata has the keys of a model file.
  package func encodedAsONNX() -> [UInt8] {
    guard let plan = try? NetworkPlan(description) else {
      preconditionFailure("a model file is checked when it is read")
    }
    var graph = ONNXGraph(name: description.name)
    var values = [addInput(to: &graph)]
    for layer in plan.layers { values.append(add(layer, to: &graph, after: values)) }
    // A zero keeps the input's size: the number of images.
    let shape = [description.positions, description.classCount]
    let reshape = [values[values.count - 1], graph.add(constant: "shape", [0] + shape)]
    graph.add(.output, graph.add("Reshape", reshape, output: "logits"), .float, shape: shape)
    var metadata = description.metadata
    metadata["preprocessing"] = "none: the graph takes pixels of 0...255"
    return graph.encoded(metadata: metadata)
  }

  /// - Returns: The name of the preprocessed pixels.
  private func addInput(to graph: inout ONNXGraph) -> String {
    let input = description.input
    graph.add(.input, "image", .uint8, shape: [input.format.rawValue, input.height, input.width])
    let pixels = graph.add("Cast", ["image"], attributes: ["to": .int(ONNXGraph.ElementType.float.rawValue)])
    let white = graph.add(constant: "white", shape: [], [255])
    let one = graph.add(constant: "one", shape: [], [1])
    return graph.add("Sub", [one, graph.add("Div", [pixels, white])])
  }

  /// - Parameter values: The names of the preprocessed pixels and of the output of each layer before this one.
  /// - Returns: The name of this layer's output.
  private func add(_ layer: PlannedLayer, to graph: inout ONNXGraph, after values: [String]) -> String {
    var inputs = [values[values.count - 1]]
    guard let node = layer.graphOperator else { return inputs[0] }
    if let index = layer.shortcutIndex { inputs.append(values[index + 1]) }
    for parameter in layer.parameters {
      guard let tensor = tensors[parameter.name] else { preconditionFailure("a model file is checked when it is read") }
      inputs.append(graph.add(constant: parameter.name, shape: tensor.shape, tensor.values))
    }
    return graph.add(node.name, inputs, attributes: node.attributes)
  }
}
