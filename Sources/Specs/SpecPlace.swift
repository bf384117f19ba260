/// Where a value stands in a spec file, for messages.
package struct SpecPlace: Sendable, Hashable, CustomStringConvertible {
  package let path: String
  /// From 1.
  package let line: Int
  /// As in `SpecError`.
  package let keyPath: String

  package var description: String { "\(path):\(line): \(keyPath)" }
}

/// A value and where it stands. Only the value counts in comparisons: two specs that say the same are equal, wherever they
/// say it.
package struct Located<Value: Sendable & Hashable>: Sendable, Hashable {
  package let value: Value
  /// nil where no file gives the value.
  package let place: SpecPlace?

  package init(_ value: Value, at place: SpecPlace?) {
    self.value = value
    self.place = place
  }

  package static func == (left: Located, right: Located) -> Bool { left.value == right.value }
  package func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
