import Network

/// A graph of ONNX operators. Field numbers are those of `onnx.proto3` of ONNX 1.12, which newer versions keep.
struct ONNXGraph {
  /// Values of `TensorProto.DataType`.
  enum ElementType: Int {
    case float = 1
    case uint8 = 2
    case int64 = 7
  }

  /// Field numbers of a graph.
  enum ValueRole: UInt64 {
    case input = 11
    case output = 12
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
    graph.add(1) { node in
      for input in inputs { node.add(1, input) }
      node.add(2, output)
      node.add(3, name)
      node.add(4, operation)
      for (name, value) in attributes { node.add(5) { Self.write(name, value, to: &$0) } }
    }
    return output
  }

  private static func write(_ name: String, _ value: GraphOperator.Attribute, to attribute: inout ProtobufMessage) {
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
  }

  /// Adds a constant, and returns its name. Numbers are stored low byte first, as they are in memory here.
  mutating func add(constant name: String, shape: [Int], _ values: [Float]) -> String {
    add(constant: name, shape: shape, .float, content: values.withUnsafeBytes { Array($0) })
  }

  mutating func add(constant name: String, _ values: [Int]) -> String {
    add(constant: name, shape: [values.count], .int64, content: values.withUnsafeBytes { Array($0) })
  }

  private mutating func add(constant name: String, shape: [Int], _ type: ElementType, content: [UInt8]) -> String {
    graph.add(5) { tensor in
      tensor.add(1, shape)
      tensor.add(2, type.rawValue)
      tensor.add(8, name)
      tensor.add(9, content: content)
    }
    return name
  }

  /// Adds an input or output.
  /// - Parameter shape: The dimensions after the first, which is the number of images.
  mutating func add(_ role: ValueRole, _ name: String, _ type: ElementType, shape sizes: [Int]) {
    graph.add(role.rawValue) { value in
      value.add(1, name)
      value.add(2) { valueType in
        valueType.add(1) { tensorType in
          tensorType.add(1, type.rawValue)
          tensorType.add(2) { shape in
            // A dimension has a name where its size is known only when the model runs.
            shape.add(1) { $0.add(2, "images") }
            for size in sizes { shape.add(1) { $0.add(1, size) } }
          }
        }
      }
    }
  }

  /// The bytes of a model file with this graph.
  func encoded(metadata: [String: String]) -> [UInt8] {
    var model = ProtobufMessage()
    // Version 8 of the file format came with version 17 of the operators.
    model.add(1, 8)
    model.add(2, "glyphline")
    model.add(7, content: graph.bytes)
    model.add(8) { operators in
      operators.add(1, "")
      operators.add(2, 17)
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      model.add(14) { entry in
        entry.add(1, key)
        entry.add(2, value)
      }
    }
    return model.bytes
  }
}
