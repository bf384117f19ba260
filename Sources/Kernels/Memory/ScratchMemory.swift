import Synchronization

/// Memory for the length of one computation on one thread. Buffers are given back and lent again, so the computations of all
/// layers work in the same few buffers, which stay in the caches.
package final class ScratchMemory: Sendable {
  private let idle = Mutex<[AlignedBuffer]>([])

  package init() {}

  /// Calls `body` with memory for `count` numbers, of any value.
  func lend(count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let byteCount = count * MemoryLayout<Float>.size
    let given = idle.withLock { $0.popLast() }
    let buffer = given.flatMap { $0.byteCount < byteCount ? nil : $0 } ?? AlignedBuffer(byteCount: byteCount)
    body(buffer.floats)
    idle.withLock { $0.append(buffer) }
  }
}
