/// The m + 2 numbers of one row or column of a tile, for a few channels. The transforms of F(m x m, 3 x 3) multiply a tile by
/// a matrix from both sides; each side is a one-dimensional transform of its lines.
protocol WinogradLine {
  associatedtype Numbers: ChannelVector

  /// G times a column of a kernel.
  static func filter(_ a: Numbers, _ b: Numbers, _ c: Numbers) -> Self

  /// - Parameter step: Bytes from each vector to the next.
  func store(_ address: UnsafeMutableRawPointer, step: Int)
}

/// Float32 numbers of neighbouring channels.
protocol ChannelVector: SIMD where Scalar == Float {
  /// The larger of each number and 0; NaN stays NaN.
  var rectified: Self { get }
  /// The larger of each number and the other's.
  func larger(_ other: Self) -> Self
}

extension ChannelVector {
  @inline(__always)
  static func load(_ address: UnsafeRawPointer) -> Self { address.loadUnaligned(as: Self.self) }

  @inline(__always)
  func store(_ address: UnsafeMutableRawPointer) { address.storeBytes(of: self, as: Self.self) }
}

// Written for each type: Swift 6.3 compiles a generic comparison one number at a time.
extension SIMD8<Float>: ChannelVector {
  @inline(__always)
  var rectified: Self { Kernels.rectified(self) }

  @inline(__always)
  func larger(_ other: Self) -> Self { largest(self, other) }
}

extension SIMD16<Float>: ChannelVector {
  @inline(__always)
  var rectified: Self { replacing(with: 0, where: self .< 0) }

  @inline(__always)
  func larger(_ other: Self) -> Self { replacing(with: other, where: other .> self) }
}
