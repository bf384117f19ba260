/// An item of a list: a word alone, or a mapping of the word to its settings.
package struct SpecItem {
  package let word: String
  let place: SpecPlace
  /// nil where the word stands alone.
  private let settings: SpecNode?

  init(_ node: SpecNode, words: [String], place: SpecPlace) throws(SpecError) {
    self.place = place
    func refusal(found: String) -> SpecError {
      place.error(
        .wrongValue(found: found, allowed: "one of \(words.joined(separator: ", ")), alone or with its settings"))
    }
    guard case .mapping(let entries) = node.content else {
      guard let word = node.text, words.contains(word) else { throw refusal(found: node.summary) }
      self.word = word
      settings = nil
      return
    }
    if let entry = entries.first(where: { !words.contains($0.key) }) {
      throw place.under(entry.key, line: entry.line).error(.unknownKey(allowed: words))
    }
    guard let entry = entries.first, entries.count == 1 else {
      let found = words.filter { word in entries.contains { $0.key == word } }
      throw refusal(found: found.isEmpty ? "none" : found.joined(separator: " and "))
    }
    word = entry.key
    settings = entry.value
  }

  /// Reads one line of a model file: a word and its settings, each as `key=value`; nil for any other text.
  package init?(text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    var entries: [SpecNode.Entry] = []
    for word in words.dropFirst() {
      let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2 else { return nil }
      let value = SpecNode(line: 1, content: .scalar(String(sides[1]), isPlain: true))
      entries.append(SpecNode.Entry(key: String(sides[0]), line: 1, value: value))
    }
    word = String(words[0])
    place = SpecPlace(path: "", line: 1, keyPath: "")
    settings = entries.isEmpty ? nil : SpecNode(line: 1, content: .mapping(entries))
  }

  /// The word's settings, a mapping with these keys.
  package func settings<Key: SpecKey>(of key: Key.Type) throws(SpecError) -> SpecMapping<Key> {
    let place = place.under(word, line: settings?.line ?? place.line)
    guard let settings else {
      return SpecMapping<Key>(absentFrom: place.path, keyPath: place.keyPath, line: place.line)
    }
    return try SpecMapping<Key>(settings, path: place.path, keyPath: place.keyPath)
  }

  /// - Throws: `SpecError` where the word has settings.
  package func refuseSettings() throws(SpecError) {
    guard let settings else { return }
    throw place.under(word, line: settings.line).error(
      .wrongValue(found: settings.summary, allowed: "the word \(word) alone"))
  }
}

extension SpecPlace {
  fileprivate func under(_ key: String, line: Int) -> SpecPlace {
    SpecPlace(path: path, line: line, keyPath: "\(keyPath).\(key)")
  }

  fileprivate func error(_ problem: SpecError.Problem) -> SpecError {
    SpecError(path: path, line: line, keyPath: keyPath, problem: problem)
  }
}
