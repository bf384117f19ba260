import ONNX
import Testing

/// The examples of protobuf.dev, "Encoding", and what a field of each kind must look like beside them. Whole models are
/// judged by ONNX's own programs: `make interop`.
@Suite struct ProtobufMessageTests {
  private func bytes(_ fill: (inout ProtobufMessage) -> Void) -> [UInt8] {
    var message = ProtobufMessage()
    fill(&message)
    return message.bytes
  }

  @Test func numbers() {
    #expect(bytes { $0.add(1, 150) } == [0x08, 0x96, 0x01])
    #expect(bytes { $0.add(1, 0) } == [0x08, 0x00])
    #expect(bytes { $0.add(1, -2) } == [0x08, 0xFE] + [UInt8](repeating: 0xFF, count: 8) + [0x01])
    #expect(bytes { $0.add(20, Float(1)) } == [0xA5, 0x01, 0, 0, 0x80, 0x3F])
  }

  @Test func texts() {
    #expect(bytes { $0.add(2, "testing") } == [0x12, 0x07] + Array("testing".utf8))
    #expect(bytes { $0.add(2, String(repeating: "x", count: 300)) }.prefix(3) == [0x12, 0xAC, 0x02])
  }

  @Test func lists() {
    #expect(bytes { $0.add(6, [3, 270, 86_942]) } == [0x32, 0x06, 0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05])
  }

  @Test func messages() {
    #expect(bytes { $0.add(3) { $0.add(1, 150) } } == [0x1A, 0x03, 0x08, 0x96, 0x01])
  }
}
