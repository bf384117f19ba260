import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory that starts on a cache line, zero at first, freed with its owner. Small buffers are parts of a larger one, which
/// lives as long as any of them.
// SAFETY: the address and size never change. Whoever shares a buffer between threads keeps their ranges apart.
package final class AlignedBuffer: @unchecked Sendable {
  package let address: UnsafeMutableRawPointer
  package let byteCount: Int
  /// nil for a part of another buffer.
  private let allocation: UnsafeMutableRawPointer?
  /// The buffer that this is a part of.
  private let whole: AlignedBuffer?

  /// A buffer that small ones are cut from, one after the other. No part is given twice, so all of it is zero.
  private struct Block {
    let buffer = AlignedBuffer(byteCount: 2 * AlignedBuffer.largePage)
    var used = 0
  }

  private static let block = Mutex(Block())

  /// Bytes of a huge page, where other pages have 4 KiB: 512 times fewer page faults and address translations.
  private static let largePage = 2 << 20
  private static let cacheLine = 64

  /// - Precondition: `byteCount` is not negative.
  package init(byteCount: Int) {
    precondition(byteCount >= 0)
    self.byteCount = byteCount
    let unit = byteCount < Self.largePage ? Self.cacheLine : Self.largePage
    let capacity = (byteCount + unit - 1) / unit * unit
    if byteCount < Self.largePage {
      let (buffer, offset) = Self.block.withLock { block in
        if block.buffer.byteCount - block.used < capacity { block = Block() }
        defer { block.used += capacity }
        return (block.buffer, block.used)
      }
      whole = buffer
      allocation = nil
      address = buffer.address + offset
      return
    }
    // New memory from the system is zero already, and costs no time before it is used.
    guard let allocation = calloc(1, capacity + Self.largePage - 1) else {
      fatalError("no memory for \(byteCount) bytes")
    }
    whole = nil
    self.allocation = allocation
    address = allocation.alignedUp(toMultipleOf: Self.largePage)
    #if os(Linux)
      // Without effect where the kernel has no huge page to spare.
      madvise(address, capacity, MADV_HUGEPAGE)
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

  /// All of the memory as 32-bit floats, valid while the buffer lives.
  package var allFloats: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: floats, count: byteCount / MemoryLayout<Float>.size)
  }
}
