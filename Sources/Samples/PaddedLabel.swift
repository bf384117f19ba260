extension Label {
  /// The label's classes, then blanks up to `positions`.
  /// - Precondition: the label has at most `positions` classes.
  package func padded(to positions: Int, of alphabet: Alphabet) -> [UInt16] {
    classes + repeatElement(alphabet.blank, count: positions - count)
  }
}
