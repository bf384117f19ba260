import Evaluation
import Samples
import Testing

@Suite("Accuracy summary")
struct AccuracySummaryTests {
  private func summary(_ readings: [(truth: String, predicted: String)]) throws -> AccuracySummary {
    let alphabet = try Alphabet("01oOaAÄä")
    var summary = AccuracySummary(positions: readings.map(\.truth.count).max() ?? 0)
    for (truth, predicted) in readings {
      summary.add(
        truth: try #require(alphabet.label(of: truth)), predicted: try #require(alphabet.label(of: predicted)),
        alphabet: alphabet)
    }
    return summary
  }

  @Test("counts images, characters and folded case apart")
  func counts() throws {
    let summary = try summary([
      ("oOaA", "oOaA"), ("oOaA", "OOAA"), ("01Ä1", "01ä1"), ("0000", "00o0"), ("1111", "0000"),
    ])
    #expect(summary.images == 5)
    #expect(summary.exact == 1 && summary.accuracy == 0.2)
    #expect(summary.caseFoldedExact == 3 && summary.caseFoldedAccuracy == 0.6)
    #expect(summary.confusion.characterCount == 20)
    #expect(summary.characterAccuracy == 12.0 / 20)
    #expect(summary.low95 == WilsonInterval(successes: 1, trials: 5).low)
    #expect(summary.high95 == WilsonInterval(successes: 1, trials: 5).high)
  }

  @Test("has no accuracy before the first image")
  func empty() {
    #expect(AccuracySummary(positions: 4).accuracy == 0)
    #expect(AccuracySummary(positions: 4).characterAccuracy == 0)
  }

  @Test("counts what is missed and added past the end of a text, and no characters there")
  func lengths() throws {
    let summary = try summary([("01", "01"), ("01", "0"), ("0", "01"), ("", "")])
    let end = Int(ConfusionCounts.pastEnd)
    let entries = summary.confusion.entries.map { [$0.position, Int($0.truth), Int($0.predicted), $0.count] }
    #expect(
      entries == [[0, 0, 0, 3], [0, end, end, 1], [1, 1, 1, 1], [1, 1, end, 1], [1, end, 1, 1], [1, end, end, 1]])
    #expect(summary.exact == 2)
    #expect(summary.confusion.characterCount == 5 && summary.characterAccuracy == 0.8)
  }

  @Test("lists confusion counts by position, truth and prediction")
  func entries() throws {
    let confusion = try summary([("10", "11"), ("10", "10"), ("00", "10"), ("10", "11")]).confusion
    let entries = confusion.entries.map { [$0.position, Int($0.truth), Int($0.predicted), $0.count] }
    #expect(entries == [[0, 0, 1, 1], [0, 1, 1, 3], [1, 0, 0, 2], [1, 0, 1, 2]])
    #expect(confusion.correctCount == 5)
  }

  @Test("counts in parts add up to the whole")
  func parts() throws {
    let readings = [("01", "01"), ("oO", "OO"), ("aA", "aa"), ("00", "o0"), ("01", "10")]
    var sum = try summary(Array(readings[..<2])).confusion
    sum.add(try summary(Array(readings[2...])).confusion)
    #expect(sum == (try summary(readings).confusion))
  }
}
