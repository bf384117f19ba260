extension Label {
  /// The label in classes that `padded` filled up with blanks.
  package init(padded classes: some Sequence<UInt16>, of alphabet: Alphabet) {
    self.init(classes: classes.filter { $0 != alphabet.blank })
  }

  /// The label's classes, then blanks up to `positions`.
  /// - Precondition: the label has at most `positions` classes.
  package func padded(to positions: Int, of alphabet: Alphabet) -> [UInt16] {
    classes + repeatElement(alphabet.blank, count: positions - count)
  }
}
