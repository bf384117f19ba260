#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory that starts on a cache line, zero at first, freed with its owner.
// SAFETY: the address and size never change. Whoever shares a buffer between threads keeps their ranges apart.
package final class AlignedBuffer: @unchecked Sendable {
  package let address: UnsafeMutableRawPointer
  package let byteCount: Int
  /// What the system gave; `address` lies in it.
  private let allocation: UnsafeMutableRawPointer

  /// Bytes of a page of the larger kind where the others have 4 KiB: 512 times fewer to provide and to look up.
  private static let largePage = 2 << 20

  /// - Precondition: `byteCount` is not negative.
  package init(byteCount: Int) {
    precondition(byteCount >= 0)
    self.byteCount = byteCount
    let isLarge = byteCount >= Self.largePage
    let alignment = isLarge ? Self.largePage : 64
    let capacity = (byteCount + alignment - 1) / alignment * alignment
    // Memory that is new from the system is zero as it is, and takes no time before it is used.
    guard let allocation = calloc(1, capacity + alignment - 1) else { fatalError("no memory for \(byteCount) bytes") }
    self.allocation = allocation
    address = allocation.alignedUp(toMultipleOf: alignment)
    #if os(Linux)
      // Without effect where the kernel has none to spare.
      if isLarge { madvise(address, capacity, MADV_HUGEPAGE) }
    #endif
  }

  /// Room for `count` values of one type.
  package convenience init<Value: BitwiseCopyable>(_ type: Value.Type, count: Int) {
    precondition(count >= 0)
    self.init(byteCount: count * MemoryLayout<Value>.stride)
  }

  deinit { free(allocation) }

  /// The memory as values of one type, valid while the buffer lives: keep the buffer in a variable, not in a temporary.
  package func pointer<Value: BitwiseCopyable>(to type: Value.Type) -> UnsafeMutablePointer<Value> {
    address.bindMemory(to: type, capacity: byteCount / MemoryLayout<Value>.stride)
  }

  /// The memory as 32-bit floats, valid while the buffer lives.
  package var floats: UnsafeMutablePointer<Float> { pointer(to: Float.self) }
}
