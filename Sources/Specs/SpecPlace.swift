/// The location of a value in a spec file, for messages.
package struct SpecPlace: Sendable, Hashable, CustomStringConvertible {
  package let path: String
  /// From 1.
  package let line: Int
  /// As in `SpecError`.
  package let keyPath: String

  package var description: String { "\(path):\(line): \(keyPath)" }
}

/// A value and its location. Comparisons ignore the location: two specs with the same values are equal.
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
