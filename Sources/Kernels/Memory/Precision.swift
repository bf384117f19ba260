/// The type of stored activations, and of the factors in convolutions and linear layers. Weights, statistics, gradients of
/// weights, sums and losses are float32 in either case.
package enum Precision: String, Sendable, CaseIterable {
  case float32
  case bfloat16

  /// Bytes of one activation value.
  package var byteCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    }
  }
}

/// The upper half of a float32: its sign, its exponent, and 7 of its 23 fraction bits.
package struct BFloat16: BitwiseCopyable, Sendable, Hashable {
  package var bits: UInt16

  /// The nearest representable number; of two equally near ones, the one with an even last bit. NaN stays NaN.
  package init(_ value: Float) {
    let bits = value.bitPattern
    let rounded = value.isNaN ? bits | 0x40_0000 : bits &+ 0x7FFF &+ (bits >> 16 & 1)
    self.bits = UInt16(truncatingIfNeeded: rounded >> 16)
  }

  package var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}
