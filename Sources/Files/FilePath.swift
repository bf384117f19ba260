import Foundation

/// The path of a file as the operating system has it: bytes, which need not be UTF-8.
package struct FilePath: Hashable, Sendable {
  package let bytes: [UInt8]

  package init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  package init(_ text: String) { bytes = Array(text.utf8) }

  /// The path whose description is `text`.
  package init(escaped text: String) {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count > 2,
        let escaped = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(escaped)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    self.bytes = bytes
  }

  /// The file's name, without the folders.
  package var name: ArraySlice<UInt8> { bytes[((bytes.lastIndex(of: slash) ?? -1) + 1)...] }

  /// The folder of the file, with the slash at its end; empty where the path is a bare name.
  package var folder: FilePath { FilePath(bytes: bytes[..<((bytes.lastIndex(of: slash) ?? -1) + 1)]) }

  /// The entry `name` of this folder; of the working directory, where the path is empty.
  package func appending(_ name: some Sequence<UInt8>) -> FilePath {
    FilePath(bytes: (bytes.isEmpty || bytes.last == slash ? bytes : bytes + [slash]) + name)
  }

  package func withCString<Value>(_ body: (UnsafePointer<CChar>) -> Value) -> Value {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
      guard let address = text.baseAddress else { preconditionFailure("it has a terminator") }
      for index in bytes.indices { text[index] = CChar(bitPattern: bytes[index]) }
      text[bytes.count] = 0
      return body(address)
    }
  }
}

private let slash = UInt8(ascii: "/")

extension FilePath: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self.init(text) }
}

extension FilePath: Comparable {
  package static func < (left: FilePath, right: FilePath) -> Bool {
    let order = memcmp(left.bytes, right.bytes, min(left.bytes.count, right.bytes.count))
    return order == 0 ? left.bytes.count < right.bytes.count : order < 0
  }
}

extension FilePath: CustomStringConvertible {
  /// As text for a person: control characters and bytes that are not UTF-8 as `\x` and two hexadecimal digits.
  package var description: String {
    func escaped(_ bytes: some Sequence<UInt8>) -> String {
      bytes.map { (byte: UInt8) in (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16, uppercase: true) }.joined()
    }
    if bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) { return String(decoding: bytes, as: UTF8.self) }
    var text = ""
    var rest = bytes[...]
    while !rest.isEmpty {
      var decoder = UTF8()
      var iterator = rest.makeIterator()
      guard case .scalarValue(let scalar) = decoder.decode(&iterator) else {
        text += escaped(rest.prefix(1))
        rest = rest.dropFirst()
        continue
      }
      let count = UTF8.width(scalar)
      if scalar.properties.generalCategory == .control {
        text += escaped(rest.prefix(count))
      } else {
        text.unicodeScalars.append(scalar)
      }
      rest = rest.dropFirst(count)
    }
    return text
  }
}
