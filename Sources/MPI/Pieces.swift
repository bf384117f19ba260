/// How a message is divided into those that MPI sends: as both ranks know its size, they need not tell each other.
package struct Pieces {
  /// MPI counts the bytes of a message with 32 bits.
  package let byteCountMax: Int

  package init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

  /// The first piece is short. A library sends such a message at once and without an answer, into memory of the receiver
  /// (Open MPI up to 4 KiB less a header, MPICH more), so it arrives as soon as its sender takes part in the exchange. Until
  /// then the receiver may sleep, and from then on it copies.
  private var firstByteCountMax: Int { min(1024, byteCountMax) }

  /// The bytes of the first piece; none of an empty message.
  package func first(of byteCount: Int) -> Range<Int> { 0..<min(byteCount, firstByteCountMax) }

  /// Those of the others, in order.
  package func others(of byteCount: Int) -> some Sequence<Range<Int>> {
    let byteCountMax = byteCountMax
    return stride(from: firstByteCountMax, to: byteCount, by: byteCountMax).lazy
      .map { $0..<min($0 + byteCountMax, byteCount) }
  }

  /// How many pieces a message has; none if it is empty.
  package func count(_ byteCount: Int) -> Int {
    if byteCount == 0 { return 0 }
    return 1 + (max(byteCount - firstByteCountMax, 0) + byteCountMax - 1) / byteCountMax
  }
}
