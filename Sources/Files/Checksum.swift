import CZlib

/// A CRC-32 (RFC 1952, section 8), computed by zlib: it detects damage, not forgery. On a CPU without SHA-256
/// instructions, a `ContentHash` takes five times as long.
package struct Checksum: CustomStringConvertible {
  private let value: UInt32

  /// The checksum of the pieces that `body` passes to its argument, in order.
  package init(ofPieces body: (_ add: (UnsafeRawBufferPointer) -> Void) throws -> Void) rethrows {
    var value = crc32_z(0, nil, 0)
    try body { piece in
      // zlib starts again where the address is null.
      guard let address = piece.baseAddress else { return }
      value = crc32_z(value, address.assumingMemoryBound(to: UInt8.self), piece.count)
    }
    self.value = UInt32(truncatingIfNeeded: value)
  }

  /// 8 lower-case hexadecimal digits.
  package var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
