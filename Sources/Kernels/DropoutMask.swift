import Samples

/// Which values a dropout layer keeps in one step: a pure function of (seed, step, layer, place), so nothing is stored
/// for the backward pass. Each value takes 16 bits of Philox4x32-10, and is dropped where they are below 65,536 * rate.
///
/// A place is (plane, vector, lane): planes are counted through the whole batch, vectors of eight through a plane.
/// Sixty-four values, eight vectors, share one group of eight counters: counter (8 * group + lane, plane, layer, step)
/// with the seed as key gives lane `lane` of all eight vectors, vector 2 w in the lower and 2 w + 1 in the upper half
/// of word w.
package struct DropoutMask: Sendable, Hashable {
  package let seed: UInt64
  package let step: UInt32
  package let layer: UInt32
  /// Share of values that are dropped.
  package let rate: Float
  /// Bits below this drop a value.
  private let threshold: UInt32
  /// What kept values are multiplied by: 1 / (1 - rate).
  package let scale: Float

  /// - Parameter seed: One that no other random stream uses.
  /// - Precondition: `rate` is at least 0 and below 1.
  package init(seed: UInt64, step: UInt32, layer: UInt32, rate: Float) {
    precondition(rate >= 0 && rate < 1)
    self.seed = seed
    self.step = step
    self.layer = layer
    self.rate = rate
    threshold = UInt32((rate * 65536).rounded())
    scale = 1 / (1 - rate)
  }

  /// The factor of one value, 0 or `scale`, from the scalar generator: the reference for `Factors`.
  package func factor(plane: Int, vector: Int, lane: Int) -> Float {
    let words = philox(
      counter: SIMD4(UInt32(vector / 8 * 8 + lane), UInt32(plane), layer, step),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    let word = words[vector % 8 / 2]
    let bits = vector % 2 == 0 ? word & 0xFFFF : word >> 16
    return bits < threshold ? 0 : scale
  }

  /// The factors of a plane's vectors, drawn 64 at a time and kept until another group is asked for.
  struct Factors {
    private let mask: DropoutMask
    private let plane: UInt32
    /// Eight vectors of factors.
    private let group: UnsafeMutablePointer<Vector>
    private var groupIndex = -1

    @inline(__always)
    init(_ mask: DropoutMask, plane: Int, group: UnsafeMutablePointer<Vector>) {
      self.mask = mask
      self.plane = UInt32(plane)
      self.group = group
    }

    @inline(__always)
    mutating func vector(_ index: Int) -> Vector {
      if index &>> 3 != groupIndex {
        groupIndex = index &>> 3
        draw(group: groupIndex)
      }
      return group[index & 7]
    }

    @inline(never)
    private func draw(group index: Int) {
      let words = philox(
        counters: SIMD8(0, 1, 2, 3, 4, 5, 6, 7) &+ UInt32(truncatingIfNeeded: index &* 8), plane, mask.layer, mask.step,
        key: mask.seed)
      let scale = Vector(repeating: mask.scale)
      @inline(__always)
      func store(_ bits: SIMD8<UInt32>, at place: Int) {
        // 65,535 - bits is below 65,536 - threshold where the bits are not below the threshold.
        group[place] = select(scale, where: ~bits & 0xFFFF, isBelow: 65_536 - mask.threshold)
        group[place + 1] = select(scale, where: ~bits &>> 16, isBelow: 65_536 - mask.threshold)
      }
      store(words.0, at: 0)
      store(words.1, at: 2)
      store(words.2, at: 4)
      store(words.3, at: 6)
    }
  }
}

/// Ten rounds of Philox 4x32 on eight counters (c0, c1, c2, c3) with eight values of c0, as `Samples.philox` on each.
@inline(__always)
private func philox(
  counters: SIMD8<UInt32>, _ c1: UInt32, _ c2: UInt32, _ c3: UInt32, key: UInt64
) -> (SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>) {
  var (c0, c1, c2, c3) = (counters, SIMD8(repeating: c1), SIMD8(repeating: c2), SIMD8(repeating: c3))
  var (k0, k1) = (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
  for _ in 0..<10 {
    let first = product(c0, 0xD251_1F53)
    let second = product(c2, 0xCD9E_8D57)
    (c0, c1, c2, c3) = (second.high ^ c1 ^ k0, second.low, first.high ^ c3 ^ k1, first.low)
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return (c0, c1, c2, c3)
}

/// Both halves of each lane's 64-bit product: first of the even lanes, then of the odd ones, as CPUs multiply them.
@inline(__always)
private func product(_ numbers: SIMD8<UInt32>, _ factor: UInt32) -> (high: SIMD8<UInt32>, low: SIMD8<UInt32>) {
  let pairs = unsafeBitCast(numbers, to: SIMD4<UInt64>.self)
  let lowHalves = SIMD4<UInt64>(repeating: 0xFFFF_FFFF)
  let wideFactor = SIMD4(repeating: UInt64(factor))
  let even = (pairs & lowHalves) &* wideFactor
  let odd = (pairs &>> 32) &* wideFactor
  let low = (even & lowHalves) | (odd &<< 32)
  // Swift 6.3 compiles the plain mask, odd & ~lowHalves, to a chain of single-lane moves, three times as slow.
  let high = (even &>> 32) | (odd &- (odd & lowHalves))
  return (unsafeBitCast(high, to: SIMD8<UInt32>.self), unsafeBitCast(low, to: SIMD8<UInt32>.self))
}

/// Calls `body` with room for the eight vectors that `DropoutMask.Factors` draws at a time.
@inline(__always)
func withDropoutGroup(_ body: (UnsafeMutablePointer<Vector>) -> Void) {
  withUnsafeTemporaryAllocation(of: Vector.self, capacity: 8) { group in
    guard let address = group.baseAddress else { return }
    body(address)
  }
}
