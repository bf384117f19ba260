extension Label {
  /// The label of classes that `padded` made as long as all others.
  package init(padded classes: some Sequence<UInt16>, of alphabet: Alphabet) {
    self.init(classes: classes.filter { $0 != alphabet.blank })
  }

  /// A class for each of `positions`: the label's, then blanks.
  /// - Precondition: the label has at most as many.
  package func padded(to positions: Int, of alphabet: Alphabet) -> [UInt16] {
    classes + repeatElement(alphabet.blank, count: positions - count)
  }
}
