#if canImport(Glibc)
  import Glibc
#endif

/// Memory that starts on a cache line, zero at first, freed with its owner.
// SAFETY: the address and size never change. Whoever shares a buffer between threads keeps their ranges apart.
package final class AlignedBuffer: @unchecked Sendable {
  package let address: UnsafeMutableRawPointer
  package let byteCount: Int

  /// Bytes of a page of the larger kind where the others have 4 KiB: 512 times fewer to provide and to look up.
  private static let largePage = 2 << 20

  /// - Precondition: `byteCount` is not negative.
  package init(byteCount: Int) {
    precondition(byteCount >= 0)
    self.byteCount = byteCount
    let isLarge = byteCount >= Self.largePage
    // A zero-byte allocation may share its address with another; one byte keeps every buffer distinct.
    let capacity = isLarge ? (byteCount + Self.largePage - 1) / Self.largePage * Self.largePage : max(1, byteCount)
    address = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: isLarge ? Self.largePage : 64)
    #if os(Linux)
      // Without effect where the kernel has none to spare.
      if isLarge { madvise(address, capacity, MADV_HUGEPAGE) }
    #endif
    address.initializeMemory(as: UInt8.self, repeating: 0, count: max(1, byteCount))
  }

  /// Room for `count` values of one type.
  package convenience init<Value: BitwiseCopyable>(_ type: Value.Type, count: Int) {
    precondition(count >= 0)
    self.init(byteCount: count * MemoryLayout<Value>.stride)
  }

  deinit { address.deallocate() }

  /// The memory as values of one type, valid while the buffer lives: keep the buffer in a variable, not in a temporary.
  package func pointer<Value: BitwiseCopyable>(to type: Value.Type) -> UnsafeMutablePointer<Value> {
    address.bindMemory(to: type, capacity: byteCount / MemoryLayout<Value>.stride)
  }

  /// The memory as 32-bit floats, valid while the buffer lives.
  package var floats: UnsafeMutablePointer<Float> { pointer(to: Float.self) }
}
