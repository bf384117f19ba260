/// How a prediction compares with the image's label.
package struct Judgement: Sendable, Hashable {
  /// Cross-entropy of the label, summed over its positions, in nats, whatever the model's loss.
  package let crossEntropy: Double
  /// Whether the most likely class is the label's at every position.
  package let isExact: Bool
}
