import Evaluation
import Samples
import Testing

@Suite("Accuracy and confusion counts")
struct AccuracyTests {
  private func count(_ readings: [(truth: String, predicted: String)]) throws -> (Accuracy, ConfusionCounts) {
    let alphabet = try Alphabet("01oOaAÄä")
    var accuracy = Accuracy()
    var confusion = ConfusionCounts(positions: readings.map(\.truth.count).max() ?? 0)
    for (truth, predicted) in readings {
      let (truth, predicted) = (
        try #require(alphabet.label(of: truth)), try #require(alphabet.label(of: predicted))
      )
      accuracy.add(truth: truth, predicted: predicted, alphabet: alphabet)
      confusion.add(truth: truth, predicted: predicted)
    }
    return (accuracy, confusion)
  }

  private func entries(_ confusion: ConfusionCounts) -> [[Int]] {
    confusion.entries.map { cell, count in [cell.position, Int(cell.truth), Int(cell.predicted), count] }
  }

  @Test("counts images, characters and folded case apart")
  func counts() throws {
    let (accuracy, _) = try count([
      ("oOaA", "oOaA"), ("oOaA", "OOAA"), ("01Ä1", "01ä1"), ("0000", "00o0"), ("1111", "0000"),
    ])
    #expect(accuracy.images == 5)
    #expect(accuracy.exact == 1 && accuracy.ofImages == 0.2)
    #expect(accuracy.caseFoldedExact == 3 && accuracy.ofImagesCaseFolded == 0.6)
    #expect(accuracy.characters == 20 && accuracy.ofCharacters == 12.0 / 20)
    #expect(accuracy.interval == WilsonInterval(successes: 1, trials: 5))
  }

  @Test("has no accuracy before the first image")
  func empty() { #expect(Accuracy().ofImages == 0 && Accuracy().ofCharacters == 0) }

  @Test("counts what is missed and added past the end of a text, and no characters there")
  func lengths() throws {
    let (accuracy, confusion) = try count([("01", "01"), ("01", "0"), ("0", "01"), ("", "")])
    let end = Int(ConfusionCounts.pastEnd)
    #expect(
      entries(confusion)
        == [[0, 0, 0, 3], [0, end, end, 1], [1, 1, 1, 1], [1, 1, end, 1], [1, end, 1, 1], [1, end, end, 1]])
    #expect(accuracy.exact == 2)
    #expect(accuracy.characters == 5 && accuracy.ofCharacters == 0.8)
  }

  @Test("lists confusion counts by position, truth and prediction")
  func confusion() throws {
    let (_, confusion) = try count([("10", "11"), ("10", "10"), ("00", "10"), ("10", "11")])
    #expect(entries(confusion) == [[0, 0, 1, 1], [0, 1, 1, 3], [1, 0, 0, 2], [1, 0, 1, 2]])
  }
}
