/// A Protocol Buffers message, written field by field (protobuf.dev, "Encoding"): each field is a key, made of its
/// number and wire type, then the content.
///
/// Writing a model needs three wire types and no reader, so this replaces a library that would compile for longer than
/// the rest of the program. ONNX's own checker and runtime test the result.
package struct ProtobufMessage {
  private enum WireType: UInt64 {
    /// A whole number, seven bits a byte, low bits first.
    case varint = 0
    /// A byte count, then that many bytes: texts, messages, and lists of numbers.
    case lengthDelimited = 2
    /// Four bytes, the lowest first.
    case fixed32 = 5
  }

  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func add(_ field: UInt64, _ number: Int) {
    addKey(field, .varint)
    addVarint(number)
  }

  package mutating func add(_ field: UInt64, _ number: Float) {
    addKey(field, .fixed32)
    withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func add(_ field: UInt64, _ text: String) { add(field, content: Array(text.utf8)) }

  /// A message that `fill` writes.
  package mutating func add(_ field: UInt64, _ fill: (inout ProtobufMessage) -> Void) {
    var message = ProtobufMessage()
    fill(&message)
    add(field, content: message.bytes)
  }

  /// A list of numbers in the packed form.
  package mutating func add(_ field: UInt64, _ numbers: [Int]) {
    add(field) { list in for number in numbers { list.addVarint(number) } }
  }

  package mutating func add(_ field: UInt64, content: [UInt8]) {
    addKey(field, .lengthDelimited)
    addVarint(content.count)
    bytes += content
  }

  private mutating func addKey(_ field: UInt64, _ type: WireType) { addVarint(Int(field << 3 | type.rawValue)) }

  private mutating func addVarint(_ number: Int) {
    var rest = UInt64(bitPattern: Int64(number))
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
