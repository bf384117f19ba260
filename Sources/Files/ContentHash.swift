import CCrypto

/// A SHA-256 digest (FIPS 180-4), by libcrypto.
package struct ContentHash: Sendable, Hashable, CustomStringConvertible {
  package static let byteCount = 32
  /// 32 bytes.
  package let bytes: [UInt8]

  /// Starts libcrypto without its configuration file, which takes a millisecond to read and does not matter here.
  private static let setUp = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)

  /// - Precondition: `bytes` holds 32 bytes.
  package init(bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount)
    self.bytes = bytes
  }

  /// The digest of `content`.
  package init(of content: some Sequence<UInt8>) {
    func require(_ status: Int32) { precondition(status == 1, "libcrypto has no SHA-256") }
    require(Self.setUp)
    let content = Array(content)
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    require(EVP_Digest(content, content.count, &digest, nil, EVP_sha256(), nil))
    bytes = digest
  }

  package init(of text: String) { self.init(of: text.utf8) }

  /// 64 lower-case hexadecimal digits.
  package var description: String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
