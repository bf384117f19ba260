import Samples

/// How well a model read a set of images, counted one image at a time.
package struct AccuracySummary: Sendable, Equatable {
  package private(set) var images = 0
  /// Images read without a mistake.
  package private(set) var exact = 0
  /// Images read without a mistake once both texts are lower-cased, as many sites compare them.
  package private(set) var caseFoldedExact = 0
  package private(set) var confusion: ConfusionCounts

  /// - Parameter positions: The most characters of a text.
  package init(positions: Int) { confusion = ConfusionCounts(positions: positions) }

  /// Counts one image.
  /// - Precondition: neither label is longer than `positions`, and both have only classes of `alphabet`.
  package mutating func add(truth: Label, predicted: Label, alphabet: Alphabet) {
    images += 1
    confusion.add(truth: truth, predicted: predicted)
    if truth == predicted {
      exact += 1
      caseFoldedExact += 1
    } else if alphabet.text(of: truth).lowercased() == alphabet.text(of: predicted).lowercased() {
      caseFoldedExact += 1
    }
  }

  /// Share of images read without a mistake; 0 before the first image.
  package var accuracy: Double { share(exact, of: images) }
  package var caseFoldedAccuracy: Double { share(caseFoldedExact, of: images) }
  /// Share of characters read right: always at least `accuracy`, and never to be quoted in its place.
  package var characterAccuracy: Double { share(confusion.correctCount, of: confusion.characterCount) }
  /// Lower bound of the 95 % interval of `accuracy`.
  /// - Precondition: at least one image was counted.
  package var low95: Double { interval.low }
  /// Upper bound of the 95 % interval of `accuracy`.
  /// - Precondition: at least one image was counted.
  package var high95: Double { interval.high }

  private var interval: WilsonInterval { WilsonInterval(successes: exact, trials: images) }

  private func share(_ count: Int, of total: Int) -> Double { total == 0 ? 0 : Double(count) / Double(total) }
}
