/// A buffer that is reused for every image. It grows to the largest image and never shrinks.
struct Scratch<Element: BitwiseCopyable>: ~Copyable {
  private var buffer: UnsafeMutableBufferPointer<Element>
  private let zero: Element

  init(zero: Element) {
    self.zero = zero
    buffer = Self.allocate(count: 1, zero)
  }

  // SAFETY: the memory is this value's alone, all of it is initialised, and elements need no destruction.
  deinit { buffer.deallocate() }

  /// Space for `count` elements, valid until the next call. It still has its old content.
  mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
    if count > buffer.count {
      buffer.deallocate()
      buffer = Self.allocate(count: count, zero)
    }
    guard let address = buffer.baseAddress else { preconditionFailure("an empty buffer has no address") }
    return address
  }

  /// Memory aligned to a cache line: a vector across two lines takes twice the time.
  private static func allocate(count: Int, _ zero: Element) -> UnsafeMutableBufferPointer<Element> {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: count * MemoryLayout<Element>.stride, alignment: 64)
    return memory.initializeMemory(as: Element.self, repeating: zero)
  }
}
