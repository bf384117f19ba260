import Samples
import Testing

@Suite("Wilson interval")
struct WilsonIntervalTests {
  /// Bounds by the same formula in decimal arithmetic of 40 digits (Python's `decimal`), cut to 16.
  @Test(
    "agrees with decimal arithmetic",
    arguments: [
      (197, 200, 0.9568342712073097, 0.9948857622067416), (9612, 10_000, 0.9572344418610991, 0.9648113580417887),
      (1, 10, 0.0178762130950729, 0.4041500267952384),
    ])
  func agreesWithDecimals(successes: Int, trials: Int, low: Double, high: Double) {
    let interval = WilsonInterval(successes: successes, trials: trials)
    #expect(abs(interval.low - low) < 1e-15)
    #expect(abs(interval.high - high) < 1e-15)
  }

  @Test("stays within 0 ... 1 at the ends", arguments: [1, 7, 200, 10_000, 1_000_003])
  func staysWithinBounds(trials: Int) {
    let none = WilsonInterval(successes: 0, trials: trials)
    let all = WilsonInterval(successes: trials, trials: trials)
    #expect(none.low >= 0 && none.low < 1e-15 && none.high > 0)
    #expect(all.high <= 1 && all.high > 1 - 1e-15 && all.low < 1)
    #expect(abs(none.high - (1 - all.low)) < 1e-12)
  }

  @Test("narrows as images are added")
  func narrows() {
    let few = WilsonInterval(successes: 90, trials: 100)
    let many = WilsonInterval(successes: 9000, trials: 10_000)
    #expect(few.low < many.low && many.low < 0.9 && 0.9 < many.high && many.high < few.high)
  }
}
