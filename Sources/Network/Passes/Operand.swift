import Kernels

/// A float32 matrix for matrix products: the matrix itself, or a copy in bfloat16.
// SAFETY: points into memory that the network owns for as long as its layers live; threads take ranges of their own.
struct Operand: @unchecked Sendable {
  private let floats: UnsafeMutablePointer<Float>
  private let copy: AlignedBuffer?

  init(_ floats: UnsafeMutablePointer<Float>, count: Int, precision: Precision) {
    self.floats = floats
    copy = precision == .float32 ? nil : AlignedBuffer(BFloat16.self, count: count)
  }

  /// Updates a range of the copy.
  func take(_ range: Range<Int>) {
    guard let copy else { return }
    roundToBFloat16(
      floats + range.lowerBound, count: range.count, into: copy.pointer(to: BFloat16.self) + range.lowerBound)
  }

  /// Address of value number `offset`, as of the last `take`.
  func address(at offset: Int = 0) -> UnsafeRawPointer {
    copy.map { UnsafeRawPointer($0.pointer(to: BFloat16.self) + offset) } ?? UnsafeRawPointer(floats + offset)
  }
}
