import Samples

/// Which values a dropout layer keeps in one step: a pure function of (seed, step, layer, place), so nothing is stored
/// for the backward pass. Each value takes as many bits of Philox4x32-10 as its rate needs, one for a half, sixteen for
/// most, and is kept where they are below 2^bits * (1 - rate).
///
/// A place is (plane, vector, lane): planes are counted through the whole batch, vectors of eight through a plane.
/// The 128 bits of eight counters serve 128 / bits vectors: counter (8 * group + lane, plane, layer, step) with the seed
/// as key gives lane `lane` of all vectors of the group, vector v in word v % 4, the vectors of a word from its lowest
/// bits up.
package struct DropoutMask: Sendable, Hashable {
  package let seed: UInt64
  package let step: UInt32
  package let layer: UInt32
  /// Share of values that are dropped.
  package let rate: Float
  /// Bits that decide on one value: 1, 2, 4, 8 or 16.
  private let bits: UInt32
  /// Bits below this keep a value.
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
    let keep = ((1 - rate) * 65536).rounded()
    bits = [1, 2, 4, 8].first { (keep / 65536 * Float(1 << $0)).truncatingRemainder(dividingBy: 1) == 0 } ?? 16
    threshold = UInt32((keep / 65536 * Float(1 << bits)).rounded())
    scale = 1 / (1 - rate)
  }

  /// The factor of one value, 0 or `scale`, from the scalar generator: the reference for `Factors`.
  package func factor(plane: Int, vector: Int, lane: Int) -> Float {
    let (group, place) = vector.quotientAndRemainder(dividingBy: 128 / Int(bits))
    let words = philox(
      counter: SIMD4(UInt32(group * 8 + lane), UInt32(plane), layer, step),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    let field = words[place % 4] >> (UInt32(place / 4) * bits) & (1 << bits - 1)
    return field < threshold ? scale : 0
  }

  /// The four words of the eight counters of a group.
  typealias Words = UnsafeMutablePointer<SIMD8<UInt32>>

  /// Of a vector's number, to that of its group: log2(128 / bits).
  private var groupShift: Int { 7 &- bits.trailingZeroBitCount }

  @inline(never)
  private func draw(group: Int, plane: UInt32, into words: Words) {
    (words[0], words[1], words[2], words[3]) = philox(
      counters: SIMD8(0, 1, 2, 3, 4, 5, 6, 7) &+ UInt32(truncatingIfNeeded: group &* 8), plane, layer, step, key: seed)
  }

  /// `values` where the vector number `place` of a group keeps them, else 0.
  @inline(__always)
  private func kept(_ values: Vector, _ words: Words, place: Int) -> Vector {
    let shift = UInt32(truncatingIfNeeded: place &>> 2) &* bits
    let field = words[place & 3] &>> SIMD8(repeating: shift) & (1 &<< bits &- 1)
    return select(values, where: field, isBelow: threshold)
  }

  /// The factors of a plane's vectors. Their bits are drawn a group at a time and kept until another is asked for.
  struct Factors {
    private let mask: DropoutMask
    private let plane: UInt32
    private let words: Words
    private var group = -1

    /// - Parameter words: Room for four.
    @inline(__always)
    init(_ mask: DropoutMask, plane: Int, words: Words) {
      self.mask = mask
      self.plane = UInt32(plane)
      self.words = words
    }

    /// The factor, 0 or `scale`, of each lane.
    @inline(__always)
    mutating func vector(_ index: Int) -> Vector {
      let group = index &>> mask.groupShift
      if group != self.group {
        self.group = group
        mask.draw(group: group, plane: plane, into: words)
      }
      return mask.kept(Vector(repeating: mask.scale), words, place: index &- group &<< mask.groupShift)
    }
  }

  /// A run of a plane's vectors with all their bits drawn, for a pass that comes to them several times.
  struct Run {
    private let mask: DropoutMask
    private let words: Words
    private let firstGroup: Int

    /// - Parameters:
    ///   - vectors: Not empty.
    ///   - words: Room for `wordCount(vectors:)`.
    init(_ mask: DropoutMask, plane: Int, vectors: Range<Int>, words: Words) {
      self.mask = mask
      self.words = words
      firstGroup = vectors.lowerBound &>> mask.groupShift
      for group in firstGroup...max(firstGroup, (vectors.upperBound - 1) >> mask.groupShift) {
        mask.draw(group: group, plane: UInt32(plane), into: words + (group - firstGroup) * 4)
      }
    }

    /// `values` where the mask keeps them, else 0.
    @inline(__always)
    func kept(_ values: Vector, vector index: Int) -> Vector {
      let group = index &>> mask.groupShift
      return mask.kept(
        values, words + (group &- firstGroup) &* 4, place: index &- group &<< mask.groupShift)
    }
  }

  /// Words that a `Run` of so many vectors needs, wherever it begins.
  func wordCount(vectors: Int) -> Int { (vectors >> groupShift + 2) * 4 }
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

/// Calls `body` with room for the words of one group.
@inline(__always)
func withDropoutWords(_ body: (DropoutMask.Words) -> Void) {
  withUnsafeTemporaryAllocation(of: SIMD8<UInt32>.self, capacity: 4) { words in
    guard let address = words.baseAddress else { return }
    body(address)
  }
}
