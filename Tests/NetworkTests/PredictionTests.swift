import Foundation
import Network
import Samples
import Testing

/// What is predicted from logits: the most probable label among those that the model knows.
@Suite struct PredictionTests {
  private func model(_ lengths: ClosedRange<Int>) throws -> ModelDescription {
    ModelDescription(
      name: "test", input: Geometry(width: 8, height: 8, format: .gray), alphabet: try Alphabet("ab"), lengths: lengths,
      loss: .crossEntropy, layers: [.linear(units: lengths.upperBound * (lengths.count > 1 ? 3 : 2))])
  }

  /// - Parameter probabilities: Of each class, at each position.
  private func predict(_ probabilities: [[Double]], _ lengths: ClosedRange<Int>) throws -> Prediction {
    let logits = probabilities.flatMap { row in row.map { Float(log($0)) } }
    let model = try model(lengths)
    #expect(logits.count == model.logitCount)
    return Prediction(logits: logits, of: model)
  }

  private func expect(_ prediction: Prediction, _ classes: [UInt16], confidence: Double) {
    #expect(prediction.label.classes == classes)
    #expect(abs(prediction.confidence - confidence) < 1e-6)
  }

  @Test func aFixedLengthHasNoBlank() throws {
    expect(try predict([[0.9, 0.1], [0.3, 0.7]], 2...2), [0, 1], confidence: 0.63)
  }

  @Test func theTextEndsWhereBlanksBegin() throws {
    expect(try predict([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0, 0.1, 0.9]], 1...3), [0], confidence: 0.648)
    expect(try predict([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]], 1...3), [0, 1], confidence: 0.504)
    expect(try predict([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1]], 1...3), [0, 1, 1], confidence: 0.576)
  }

  /// Position by position, the blanks would stand inside the text or make it shorter than any is.
  @Test func onlyWholeTextsArePredicted() throws {
    expect(try predict([[0.4, 0.1, 0.5], [0.1, 0.8, 0.1]], 1...2), [0, 1], confidence: 0.32)
    expect(try predict([[0.1, 0.2, 0.7], [0.3, 0.1, 0.6]], 1...2), [1], confidence: 0.12)
    expect(try predict([[0.1, 0.2, 0.7], [0.3, 0.1, 0.6], [0.1, 0, 0.9]], 2...3), [1, 0], confidence: 0.054)
  }

  @Test func numbersThatAreNoneGiveNoConfidence() throws {
    let prediction = try predict([[.nan, 0.2, 0.1], [0.1, .nan, 0.3]], 1...2)
    #expect(prediction.label.count == 1 && prediction.confidence == 0)
  }
}
