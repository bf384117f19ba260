import CNettle

/// A SHA-256 digest (FIPS 180-4), by Nettle.
package struct ContentHash: Sendable, Hashable, CustomStringConvertible {
  package static let byteCount = 32
  /// 32 bytes.
  package let bytes: [UInt8]

  /// - Precondition: `bytes` holds 32 bytes.
  package init(bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount)
    self.bytes = bytes
  }

  /// The digest of `content`.
  package init(of content: some Sequence<UInt8>) {
    let content = Array(content)
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    glyphline_sha256(content, content.count, &digest)
    bytes = digest
  }

  package init(of text: String) { self.init(of: text.utf8) }

  /// 64 lower-case hexadecimal digits.
  package var description: String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
