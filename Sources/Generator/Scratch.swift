/// A buffer that is used again for every image. It grows to the largest image and never shrinks.
struct Scratch<Element: BitwiseCopyable>: ~Copyable {
  private var buffer: UnsafeMutableBufferPointer<Element>
  private let zero: Element

  init(zero: Element) {
    self.zero = zero
    buffer = .allocate(capacity: 1)
    buffer.initialize(repeating: zero)
  }

  // SAFETY: the memory is this value's alone, all of it is initialised, and elements need no destruction.
  deinit { buffer.deallocate() }

  /// Room for `count` elements, valid until the next call. The content is whatever was left there.
  mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
    if count > buffer.count {
      buffer.deallocate()
      buffer = .allocate(capacity: count)
      buffer.initialize(repeating: zero)
    }
    guard let address = buffer.baseAddress else { preconditionFailure("an empty buffer has no address") }
    return address
  }
}
