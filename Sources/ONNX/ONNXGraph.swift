import Network

/// A graph of ONNX operators. Field numbers are those of `onnx.proto3` of ONNX 1.12, which newer versions keep.
struct ONNXGraph {
  /// Values of `TensorProto.DataType`.
  enum ElementType: Int {
    case float = 1
    case uint8 = 2
    case int64 = 7
  }

  /// A dimension of a value: a number, or a name for one that is known only when the model runs.
  enum Dimension {
    case size(Int)
    case named(String)
  }

  private var graph = ProtobufMessage()
  private var nodeCount = 0

  init(name: String) { graph.add(2, name) }

  /// Adds an operator, and returns the name of its output.
  mutating func add(
    _ operation: String, _ inputs: [String], output: String? = nil,
    attributes: KeyValuePairs<String, GraphOperator.Attribute> = [:]
  ) -> String {
    nodeCount += 1
    let name = "\(operation.lowercased())_\(nodeCount)"
    let output = output ?? name
    var node = ProtobufMessage()
    for input in inputs { node.add(1, input) }
    node.add(2, output)
    node.add(3, name)
    node.add(4, operation)
    for (name, value) in attributes { node.add(5, Self.message(name, value)) }
    graph.add(1, node)
    return output
  }

  private static func message(_ name: String, _ value: GraphOperator.Attribute) -> ProtobufMessage {
    var attribute = ProtobufMessage()
    attribute.add(1, name)
    // Field 20 is the attribute's type: which of the value fields is set.
    switch value {
    case .float(let number):
      attribute.add(2, number)
      attribute.add(20, 1)
    case .int(let number):
      attribute.add(3, number)
      attribute.add(20, 2)
    case .ints(let numbers):
      attribute.add(8, numbers)
      attribute.add(20, 7)
    }
    return attribute
  }

  /// Adds a constant, and returns its name. Numbers are stored low byte first, as they are in memory here.
  mutating func add(constant name: String, shape: [Int], _ values: [Float]) -> String {
    add(constant: name, shape: shape, .float, content: values.withUnsafeBytes { Array($0) })
  }

  mutating func add(constant name: String, _ values: [Int]) -> String {
    add(constant: name, shape: [values.count], .int64, content: values.withUnsafeBytes { Array($0) })
  }

  private mutating func add(constant name: String, shape: [Int], _ type: ElementType, content: [UInt8]) -> String {
    var tensor = ProtobufMessage()
    tensor.add(1, shape)
    tensor.add(2, type.rawValue)
    tensor.add(8, name)
    tensor.add(9, content: content)
    graph.add(5, tensor)
    return name
  }

  mutating func add(input name: String, _ type: ElementType, shape: [Dimension]) {
    graph.add(11, Self.value(name, type, shape))
  }

  mutating func add(output name: String, _ type: ElementType, shape: [Dimension]) {
    graph.add(12, Self.value(name, type, shape))
  }

  private static func value(_ name: String, _ type: ElementType, _ dimensions: [Dimension]) -> ProtobufMessage {
    var shape = ProtobufMessage()
    for dimension in dimensions {
      var message = ProtobufMessage()
      switch dimension {
      case .size(let size): message.add(1, size)
      case .named(let name): message.add(2, name)
      }
      shape.add(1, message)
    }
    var tensorType = ProtobufMessage()
    tensorType.add(1, type.rawValue)
    tensorType.add(2, shape)
    var valueType = ProtobufMessage()
    valueType.add(1, tensorType)
    var value = ProtobufMessage()
    value.add(1, name)
    value.add(2, valueType)
    return value
  }

  /// The bytes of a model file with this graph.
  func encoded(metadata: [String: String]) -> [UInt8] {
    var operators = ProtobufMessage()
    operators.add(1, "")
    operators.add(2, 17)
    var model = ProtobufMessage()
    // Version 8 of the file format came with version 17 of the operators.
    model.add(1, 8)
    model.add(2, "glyphline")
    model.add(7, graph)
    model.add(8, operators)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      var entry = ProtobufMessage()
      entry.add(1, key)
      entry.add(2, value)
      model.add(14, entry)
    }
    return model.bytes
  }
}
