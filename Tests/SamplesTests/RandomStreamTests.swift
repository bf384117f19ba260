import Samples
import Testing

@Suite struct RandomStreamTests {
  /// The answers of the Random123 distribution (file `kat_vectors`, lines `philox4x32 10`).
  @Test(arguments: [
    (
      SIMD4<UInt32>(0, 0, 0, 0), SIMD2<UInt32>(0, 0), SIMD4<UInt32>(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
    ),
    (
      SIMD4(.max, .max, .max, .max), SIMD2(.max, .max), SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
    ),
    (
      SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), SIMD2(0xA409_3822, 0x299F_31D0),
      SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
    ),
  ])
  func philoxGivesTheKnownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, answer: SIMD4<UInt32>) {
    #expect(philox(counter: counter, key: key) == answer)
  }

  /// Samples must stay the same for ever, so the way from seed and stream to key and counter is fixed.
  @Test func wordsComeFromKeyAndCounter() {
    var stream = RandomStream(seed: 0x1122_3344_5566_7788, stream: 0x99AA_BBCC_DDEE_FF00)
    for block in 0..<3 as Range<UInt32> {
      let words = philox(counter: [block, 0, 0xDDEE_FF00, 0x99AA_BBCC], key: [0x5566_7788, 0x1122_3344])
      for lane in 0..<4 { #expect(stream.next() == words[lane]) }
    }
  }

  @Test func seedsAndStreamsDiffer() {
    let seedsAndStreams: [(UInt64, UInt64)] = [(0, 0), (1, 0), (0, 1), (1 << 32, 0), (0, 1 << 32)]
    let firsts = seedsAndStreams.map { seed, number in
      var stream = RandomStream(seed: seed, stream: number)
      return UInt64(stream.next()) << 32 | UInt64(stream.next())
    }
    #expect(Set(firsts).count == 5)
  }

  @Test(arguments: [1, 2, 3, 7, 36, 1000])
  func boundedNumbersAreUniform(bound: Int) {
    let drawn = 200 * bound
    var random = RandomStream(seed: 1, stream: UInt64(bound))
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<drawn { counts[random.next(below: bound)] += 1 }
    let squares = counts.map { Double(($0 - 200) * ($0 - 200)) / 200 }.reduce(0, +)
    // Chi squared with n degrees of freedom has mean n and variance 2n; five deviations, and some for its long tail.
    let freedom = Double(bound - 1)
    #expect(squares <= freedom + 5 * (2 * freedom).squareRoot() + 10)
  }

  /// A bound of three quarters of 2^32 has every fourth word refused; a plain product would give the lowest third of
  /// the numbers half of the draws.
  @Test func largeBoundsAreUniform() {
    let bound = 3 << 30
    var random = RandomStream(seed: 2, stream: 0)
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[random.next(below: bound) % 3] += 1 }
    // Three thirds of 30,000 with a standard deviation of 82.
    for count in counts { #expect(abs(count - 10_000) < 410) }
  }

  @Test func rangesIncludeBothEnds() {
    var random = RandomStream(seed: 3, stream: 0)
    let numbers = Set((0..<1000).map { _ in random.next(in: -2...3) })
    #expect(numbers == [-2, -1, 0, 1, 2, 3])
    #expect(random.next(in: 5...5) == 5)
  }

  @Test func unitNumbersFillTheirInterval() {
    var random = RandomStream(seed: 4, stream: 0)
    let numbers = (0..<100_000).map { _ in random.nextUnit() }
    #expect(numbers.allSatisfy { (0..<1).contains($0) })
    // The mean of 100,000 has a standard deviation of 0.0009.
    #expect(abs(numbers.reduce(0, +) / 100_000 - 0.5) < 0.005)
    #expect(numbers.contains { $0 < 0.001 } && numbers.contains { $0 > 0.999 })
    #expect((0..<1000).allSatisfy { _ in (-30.0...30).contains(random.next(in: -30.0...30)) })
  }
}
