import CVectors

/// Eight float32 numbers, which the kernels compute with. Results do not depend on how many of the eight the CPU handles at
/// a time.
typealias Vector = SIMD8<Float>

extension Vector {
  /// Adds a product: rounded once, in one instruction, where the program is compiled for CPUs that have one; else rounded
  /// twice.
  @inline(__always)
  mutating func add(_ factor: Vector, times other: Vector) { self = vector_multiply_add(factor, other, self) }

  @inline(__always)
  mutating func add(_ factor: Vector, times other: Float) { add(factor, times: Vector(repeating: other)) }
}

/// Eight numbers, each `step` numbers behind the one before.
@inline(__always)
func gathered(_ address: UnsafePointer<Float>, step: Int) -> Vector {
  Vector(
    address[0], address[step], address[2 &* step], address[3 &* step], address[4 &* step], address[5 &* step],
    address[6 &* step], address[7 &* step])
}

/// The type of a stored activation value. Values are loaded and stored eight at a time.
///
/// SAFETY: every kernel takes raw pointers; its caller guarantees the extent that the doc comment gives as a shape.
/// Pointers need the alignment of one value only.
protocol Element: BitwiseCopyable, Sendable {
  static func load(_ address: UnsafeRawPointer) -> Vector
  static func store(_ vector: Vector, _ address: UnsafeMutableRawPointer)
  init(_ value: Float)
  var float: Float { get }
}

extension Float: Element {
  @inline(__always)
  static func load(_ address: UnsafeRawPointer) -> Vector { address.loadUnaligned(as: Vector.self) }

  @inline(__always)
  static func store(_ vector: Vector, _ address: UnsafeMutableRawPointer) {
    address.storeBytes(of: vector, as: Vector.self)
  }

  @inline(__always)
  var float: Float { self }
}

extension BFloat16: Element {
  @inline(__always)
  static func load(_ address: UnsafeRawPointer) -> Vector {
    // In memory order, the odd halves are the upper ones. (A converting initialiser of SIMD8 is at times a call.)
    var halves = SIMD16<UInt16>()
    halves.oddHalf = address.loadUnaligned(as: SIMD8<UInt16>.self)
    return unsafeBitCast(halves, to: Vector.self)
  }

  @inline(__always)
  static func store(_ vector: Vector, _ address: UnsafeMutableRawPointer) {
    let bits = unsafeBitCast(vector, to: SIMD8<UInt32>.self)
    let rounded = unsafeBitCast(bits &+ 0x7FFF &+ ((bits &>> 16) & 1), to: Vector.self)
    let quietNaN = unsafeBitCast(bits | 0x40_0000, to: Vector.self)
    let result = rounded.replacing(with: quietNaN, where: vector .!= vector)
    address.storeBytes(of: unsafeBitCast(result, to: SIMD16<UInt16>.self).oddHalf, as: SIMD8<UInt16>.self)
  }
}

extension Element {
  @inline(__always)
  static func loadValue(_ address: UnsafeRawPointer) -> Float { address.load(as: Self.self).float }

  @inline(__always)
  static func storeValue(_ value: Float, _ address: UnsafeMutableRawPointer) {
    address.storeBytes(of: Self(value), as: Self.self)
  }

  /// `width` values, 1 ... 8, at index `offset`; the other elements are 0.
  @inline(__always)
  static func load(_ address: UnsafeRawPointer, at offset: Int, width: Int) -> Vector {
    let start = address + offset &* MemoryLayout<Self>.size
    if width == 8 { return load(start) }
    var vector = Vector()
    for index in 0..<width { vector[index] = loadValue(start + index * MemoryLayout<Self>.size) }
    return vector
  }

  /// Stores the first `width` elements, 1 ... 8, at index `offset`.
  @inline(__always)
  static func store(_ vector: Vector, _ address: UnsafeMutableRawPointer, at offset: Int, width: Int) {
    let start = address + offset &* MemoryLayout<Self>.size
    if width == 8 { return store(vector, start) }
    for index in 0..<width { storeValue(vector[index], start + index * MemoryLayout<Self>.size) }
  }
}

/// The larger of each element and 0; NaN stays NaN, so that the trainer sees it.
@inline(__always)
func rectified(_ vector: Vector) -> Vector { vector.replacing(with: 0, where: vector .< 0) }

/// The larger of each two elements.
@inline(__always)
func largest(_ first: Vector, _ second: Vector) -> Vector {
  first.replacing(with: second, where: second .> first)
}

/// `values` where `number` is below `bound`, else 0; both are below 2^31. (Swift 6.3 compiles comparisons of integer vectors
/// to one branch for each element, comparisons of float32 vectors and these shifts to one instruction.)
@inline(__always)
func select(_ values: Vector, where number: SIMD8<UInt32>, isBelow bound: UInt32) -> Vector {
  let allOnes = unsafeBitCast(number &- bound, to: SIMD8<Int32>.self) &>> 31
  let mask = unsafeBitCast(allOnes, to: SIMD8<UInt32>.self)
  return unsafeBitCast(unsafeBitCast(values, to: SIMD8<UInt32>.self) & mask, to: Vector.self)
}

/// Calls `body` with the offset and width, 1 ... 8, of each vector that covers 0 ..< `count` values.
@inline(__always)
func forEachVector(count: Int, _ body: (_ offset: Int, _ width: Int) -> Void) {
  var offset = 0
  while offset &+ 8 <= count {
    body(offset, 8)
    offset &+= 8
  }
  if offset < count { body(offset, count &- offset) }
}

/// e to the power of each element, within 2 units in the last place; at or below -87 the result is e^-87, at or above 88
/// it is e^88; NaN stays NaN.
/// Range reduction to ±ln(2)/2 with ln(2) in two parts, then the Taylor polynomial of degree 7 (its error is below
/// 2^-27).
@inline(__always)
func exponential(_ exponent: Vector) -> Vector {
  let x = exponent.replacing(with: -87, where: exponent .< -87).replacing(with: 88, where: exponent .> 88)
  // Adding 1.5 * 2^23 leaves the nearest whole number in the fraction's low bits.
  let magic = Vector(repeating: 0x1.8p23)
  let shifted = x * Vector(repeating: 1.442695041) + magic
  let power = shifted - magic
  let r = x - power * Vector(repeating: 0x1.62e4p-1) - power * Vector(repeating: 0x1.7f7d1cp-20)
  var sum = Vector(repeating: 1 / 5040)
  for coefficient: Float in [1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1, 1] {
    sum = sum * r + Vector(repeating: coefficient)
  }
  let powerBits = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23
  return unsafeBitCast(unsafeBitCast(sum, to: SIMD8<UInt32>.self) &+ powerBits, to: Vector.self)
}
