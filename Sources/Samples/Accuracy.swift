/// How well a model predicts a set of images, counted one image at a time.
package struct Accuracy: Sendable, Hashable {
  package private(set) var images: Int
  /// Images whose every character is predicted correctly.
  package private(set) var exact: Int
  /// As `exact`, with upper and lower case counted as equal, as many sites compare them.
  package private(set) var caseFoldedExact: Int
  /// Characters of all labels.
  package private(set) var characters: Int
  /// Characters predicted correctly at their position.
  package private(set) var correctCharacters: Int

  package init(
    images: Int = 0, exact: Int = 0, caseFoldedExact: Int = 0, characters: Int = 0, correctCharacters: Int = 0
  ) {
    self.images = images
    self.exact = exact
    self.caseFoldedExact = caseFoldedExact
    self.characters = characters
    self.correctCharacters = correctCharacters
  }

  /// Counts one image.
  /// - Precondition: both labels have only classes of `alphabet`.
  package mutating func add(truth: Label, predicted: Label, alphabet: Alphabet) {
    images += 1
    characters += truth.count
    correctCharacters += zip(truth.classes, predicted.classes).count { $0 == $1 }
    let isExact = predicted == truth
    if isExact { exact += 1 }
    if isExact || alphabet.text(of: truth).lowercased() == alphabet.text(of: predicted).lowercased() {
      caseFoldedExact += 1
    }
  }

  /// Image accuracy, the fraction of exact images; 0 without images. "Accuracy" alone always means this.
  package var ofImages: Double { fraction(exact, of: images) }
  package var ofImagesCaseFolded: Double { fraction(caseFoldedExact, of: images) }
  /// The fraction of correct characters. It is at least `ofImages` and never quoted in its place.
  package var ofCharacters: Double { fraction(correctCharacters, of: characters) }
  /// The 95 % interval of `ofImages`.
  /// - Precondition: at least one image was counted.
  package var interval: WilsonInterval { WilsonInterval(successes: exact, trials: images) }

  private func fraction(_ count: Int, of total: Int) -> Double { total == 0 ? 0 : Double(count) / Double(total) }
}

extension Accuracy: Encodable {
  private enum Key: String, CodingKey {
    case images, exact, accuracy, low95, high95, characterAccuracy, caseFoldedAccuracy
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(images, forKey: .images)
    try values.encode(exact, forKey: .exact)
    try values.encode(ofImages, forKey: .accuracy)
    try values.encode(interval.low, forKey: .low95)
    try values.encode(interval.high, forKey: .high95)
    try values.encode(ofCharacters, forKey: .characterAccuracy)
    try values.encode(ofImagesCaseFolded, forKey: .caseFoldedAccuracy)
  }
}
