/// How what a network reads in an image compares with its label.
package struct Judgement: Sendable, Hashable {
  /// Of the label, summed over its positions, in nats, whatever the model's loss.
  package let crossEntropy: Double
  /// Whether the most likely class is the label's at every position.
  package let isExact: Bool
}
