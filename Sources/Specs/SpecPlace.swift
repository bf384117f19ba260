/// Where a value stands in a spec file, for messages. Any two places are equal: two specs that say the same are the same,
/// wherever they say it.
package struct SpecPlace: Sendable, Hashable, CustomStringConvertible {
  package let path: String
  /// From 1.
  package let line: Int
  /// As in `SpecError`.
  package let keyPath: String

  package init(path: String, line: Int, keyPath: String) {
    self.path = path
    self.line = line
    self.keyPath = keyPath
  }

  package var description: String { "\(path):\(line): \(keyPath)" }

  package static func == (left: SpecPlace, right: SpecPlace) -> Bool { true }
  package func hash(into hasher: inout Hasher) {}
}
