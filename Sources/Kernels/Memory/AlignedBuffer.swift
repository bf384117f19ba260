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
  private let memory: Memory

  /// The allocation that `address` lies in.
  private enum Memory {
    case allocation(UnsafeMutableRawPointer)
    /// Another buffer's.
    case shared(AlignedBuffer)
  }

  /// A buffer that small ones are cut from, one after the other. No part is given twice, so all of it is zero.
  private struct Block {
    let buffer = AlignedBuffer(largeByteCount: 2 * AlignedBuffer.largePage)
    var used = 0
  }

  private static let block = Mutex(Block())

  /// Bytes of a huge page, where other pages have 4 KiB: 512 times fewer page faults and address translations.
  private static let largePage = 2 << 20
  private static let cacheLine = 64

  /// - Precondition: `byteCount` is not negative.
  package convenience init(byteCount: Int) {
    precondition(byteCount >= 0)
    if byteCount < Self.largePage {
      self.init(smallByteCount: byteCount)
    } else {
      self.init(largeByteCount: byteCount)
    }
  }

  private init(smallByteCount byteCount: Int) {
    self.byteCount = byteCount
    let capacity = (byteCount + Self.cacheLine - 1) / Self.cacheLine * Self.cacheLine
    let (buffer, offset) = Self.block.withLock { block in
      if block.buffer.byteCount - block.used < capacity { block = Block() }
      defer { block.used += capacity }
      return (block.buffer, block.used)
    }
    memory = .shared(buffer)
    address = buffer.address + offset
  }

  private init(largeByteCount byteCount: Int) {
    self.byteCount = byteCount
    let capacity = (byteCount + Self.largePage - 1) / Self.largePage * Self.largePage
    // New memory from the system is zero already, and costs no time before it is used.
    guard let allocation = calloc(1, capacity + Self.largePage - 1) else {
      fatalError("no memory for \(byteCount) bytes")
    }
    memory = .allocation(allocation)
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

  deinit {
    if case .allocation(let allocation) = memory { free(allocation) }
  }

  /// The memory as values of one type, valid while the buffer lives: keep the buffer in a variable, not in a temporary.
  package func pointer<Value: BitwiseCopyable>(to type: Value.Type) -> UnsafeMutablePointer<Value> {
    address.bindMemory(to: type, capacity: byteCount / MemoryLayout<Value>.stride)
  }

  /// The memory as 32-bit floats, valid while the buffer lives.
  package var floats: UnsafeMutablePointer<Float> { pointer(to: Float.self) }
}
