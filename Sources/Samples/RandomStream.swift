/// A counter-based stream of random numbers: word `index` of stream (seed, stream) is a pure function of the three, so
/// any part of a stream can be computed without the parts before it. Philox4x32-10 (Salmon, Moraes, Dror and Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3).
package struct RandomStream: Sendable {
  private let key: SIMD2<UInt32>
  private let stream: UInt64
  private var block: UInt64 = 0
  private var words = SIMD4<UInt32>()
  private var used = 4

  package init(seed: UInt64, stream: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = stream
  }

  /// The next 32 random bits.
  package mutating func next() -> UInt32 {
    if used == 4 {
      words = philox(
        counter: SIMD4(
          UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
          UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)), key: key)
      block &+= 1
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }

  /// A number in 0 ..< `bound`, each equally likely (Lemire, "Fast random integer generation in an interval", 2019).
  /// - Precondition: `bound` is 1 ... 2^32 - 1.
  package mutating func next(below bound: Int) -> Int {
    let bound = UInt32(bound)
    precondition(bound > 0)
    var product = UInt64(next()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(next()) * UInt64(bound) }
    }
    return Int(product >> 32)
  }

  /// A number in `range`, each equally likely.
  package mutating func next(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + next(below: range.upperBound - range.lowerBound + 1)
  }

  /// A number in 0 ..< 1 in steps of 2^-53.
  package mutating func nextUnit() -> Double {
    let high = UInt64(next()) >> 5
    let low = UInt64(next()) >> 6
    return Double(high << 26 | low) * 0x1p-53
  }

  /// A number in `range`, uniformly.
  package mutating func next(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * nextUnit()
  }
}

/// What a pipeline draws random numbers for, besides samples. Each purpose has its own seed and so its own streams.
package enum SeedPurpose: UInt64, Sendable {
  case weights = 1
  case dropout
  case order
  case distortion

  /// The purpose's seed in a pipeline.
  package func seed(from pipelineSeed: UInt64) -> UInt64 {
    var random = RandomStream(seed: pipelineSeed, stream: .max - rawValue)
    return UInt64(random.next()) << 32 | UInt64(random.next())
  }
}

/// Ten rounds of Philox 4x32 on one counter.
package func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
  var (k0, k1) = (key.x, key.y)
  for _ in 0..<10 {
    let first = UInt64(c0) * 0xD251_1F53
    let second = UInt64(c2) * 0xCD9E_8D57
    (c0, c1, c2, c3) = (
      UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: second),
      UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: first)
    )
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return SIMD4(c0, c1, c2, c3)
}
