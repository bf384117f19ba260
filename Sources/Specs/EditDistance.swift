/// The word with the least edit distance to `word`, if small enough for a typing error.
func nearest(to word: String, among words: [String]) -> String? {
  let distances = words.map { (word: $0, distance: editDistance(word, $0)) }
  guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= (max(word.count, best.word.count) + 2) / 3 ? best.word : nil
}

/// Levenshtein distance: the insertions, deletions and substitutions that turn one word into the other.
package func editDistance(_ left: String, _ right: String) -> Int {
  // No key is longer; the limit keeps the table small for any input.
  let (left, right) = (Array(left.prefix(64)), Array(right.prefix(64)))
  var row = Array(0...right.count)
  for (leftIndex, leftCharacter) in left.enumerated() {
    var diagonal = row[0]
    row[0] = leftIndex + 1
    for (rightIndex, rightCharacter) in right.enumerated() {
      let substitution = diagonal + (leftCharacter == rightCharacter ? 0 : 1)
      diagonal = row[rightIndex + 1]
      row[rightIndex + 1] = min(substitution, diagonal + 1, row[rightIndex] + 1)
    }
  }
  return row[right.count]
}
