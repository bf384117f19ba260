/// Which values a dropout layer keeps in one step: a pure function of (seed, step, layer, index), so nothing is stored
/// for the backward pass. Each value takes as many bits of Philox4x32-10 as its rate needs, one for a half, sixteen for
/// most, and is kept where they are below 2^bits * (1 - rate).
///
/// The index is (plane, vector, channel). Planes are counted through the whole batch; a plane's vectors of eight channels
/// through the pixels of its first eight channels, then of the next. The eight channels of a vector take the same bits of
/// eight 32-bit words, and the next vector takes the bits above them; so a run of vectors reads one row of words. Row
/// 4 g + w of the plane is word w of the eight counters (8 * g + channel, plane, layer, step), with the seed as key.
package struct DropoutMask: Sendable, Hashable {
  private let seed: UInt64
  private let step: UInt32
  private let layer: UInt32
  /// Bits that decide on one value: 1, 2, 4, 8 or 16.
  private let bits: UInt32
  /// Bits below this keep a value.
  private let threshold: UInt32
  /// The factor of values that are kept: 1 / (1 - rate).
  package let scale: Float

  /// - Parameters:
  ///   - seed: No other random stream may use it.
  ///   - rate: The fraction of values that are dropped.
  /// - Precondition: `rate` is at least 0 and below 1.
  package init(seed: UInt64, step: UInt32, layer: UInt32, rate: Float) {
    precondition(rate >= 0 && rate < 1)
    self.seed = seed
    self.step = step
    self.layer = layer
    let keep = ((1 - rate) * 65536).rounded()
    bits = [1, 2, 4, 8].first { (keep / 65536 * Float(1 << $0)).truncatingRemainder(dividingBy: 1) == 0 } ?? 16
    threshold = UInt32((keep / 65536 * Float(1 << bits)).rounded())
    scale = 1 / (1 - rate)
  }

  /// Vectors whose bits share the eight words of a row.
  private var vectorsPerRow: Int { 32 / Int(bits) }

  typealias Words = UnsafeMutablePointer<SIMD8<UInt32>>

  /// Rows of words that a `Run` of `vectors` vectors needs, wherever it begins.
  func rowCount(vectors: Int) -> Int { (vectors / vectorsPerRow / 4 + 3) * 4 }

  /// A run of a plane's vectors with all their bits drawn.
  struct Run {
    private let mask: DropoutMask
    private let words: Words
    private let firstRow: Int

    /// - Parameter words: Room for `rowCount(vectors:)` rows; overwritten.
    init(_ mask: DropoutMask, plane: Int, vectors: Range<Int>, words: Words) {
      self.mask = mask
      self.words = words
      let firstGroup = vectors.lowerBound / mask.vectorsPerRow / 4
      let lastGroup = (vectors.upperBound - 1) / mask.vectorsPerRow / 4
      firstRow = firstGroup * 4
      for group in firstGroup...max(firstGroup, lastGroup) {
        let rows = words + (group - firstGroup) * 4
        (rows[0], rows[1], rows[2], rows[3]) = philox(
          counters: SIMD8(0, 1, 2, 3, 4, 5, 6, 7) &+ UInt32(truncatingIfNeeded: group * 8), UInt32(plane), mask.layer,
          mask.step, key: mask.seed)
      }
    }

    /// A cursor at vector number `vector` of the plane.
    func cursor(at vector: Int) -> Cursor {
      let (row, vectorInRow) = vector.quotientAndRemainder(dividingBy: mask.vectorsPerRow)
      return Cursor(mask, rows: words + (row - firstRow), vectorInRow: vectorInRow)
    }
  }

  /// Goes through a run vector by vector.
  struct Cursor {
    private var bits: SIMD8<UInt32>
    private var restOfRow: Int
    private var next: Words
    private let vectorsPerRow: Int
    private let shift: SIMD8<UInt32>
    private let fieldMask: UInt32
    private let threshold: UInt32
    private let scale: Vector

    init(_ mask: DropoutMask, rows: Words, vectorInRow: Int) {
      bits = rows[0] &>> SIMD8(repeating: UInt32(vectorInRow) * mask.bits)
      vectorsPerRow = mask.vectorsPerRow
      restOfRow = vectorsPerRow - vectorInRow
      next = rows + 1
      shift = SIMD8(repeating: mask.bits)
      fieldMask = 1 << mask.bits - 1
      threshold = mask.threshold
      scale = Vector(repeating: mask.scale)
    }

    /// `values` where the mask keeps the next vector, else 0.
    @inline(__always)
    mutating func kept(_ values: Vector) -> Vector {
      let result = select(values, where: bits & fieldMask, isBelow: threshold)
      restOfRow &-= 1
      if restOfRow == 0 {
        // `rowCount` includes a row behind a run's last vector.
        bits = next.pointee
        next += 1
        restOfRow = vectorsPerRow
      } else {
        bits = bits &>> shift
      }
      return result
    }

    /// The next vector's factors, 0 or the mask's scale.
    @inline(__always)
    mutating func factors() -> Vector { kept(scale) }
  }

  /// Calls `body` with room for the words of runs of up to `vectors` vectors.
  static func withWords(
    for mask: DropoutMask?, vectors: Int, _ body: (Words) -> Void
  ) {
    let rowCount = mask?.rowCount(vectors: vectors) ?? 0
    withUnsafeTemporaryAllocation(of: SIMD8<UInt32>.self, capacity: max(1, rowCount)) { words in
      guard let words = words.baseAddress else { return }
      words.update(repeating: SIMD8(), count: rowCount)
      body(words)
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

/// Both halves of each 64-bit product. The even elements are multiplied first, then the odd ones, as CPUs do.
@inline(__always)
private func product(_ numbers: SIMD8<UInt32>, _ factor: UInt32) -> (high: SIMD8<UInt32>, low: SIMD8<UInt32>) {
  let pairs = unsafeBitCast(numbers, to: SIMD4<UInt64>.self)
  let lowHalves = SIMD4<UInt64>(repeating: 0xFFFF_FFFF)
  let wideFactor = SIMD4(repeating: UInt64(factor))
  let even = (pairs & lowHalves) &* wideFactor
  let odd = (pairs &>> 32) &* wideFactor
  let low = (even & lowHalves) | (odd &<< 32)
  // Swift 6.3 compiles the plain mask, odd & ~lowHalves, to a chain of moves of one element each, three times as slow.
  let high = (even &>> 32) | (odd &- (odd & lowHalves))
  return (unsafeBitCast(high, to: SIMD8<UInt32>.self), unsafeBitCast(low, to: SIMD8<UInt32>.self))
}
