/// Numbered work that is dealt out to ranks: each has a run of neighbouring numbers, or none.
package struct Partition: Sendable {
  package let count: Int
  package let ranks: any Communicator

  package init(_ count: Int, to ranks: any Communicator = SingleRank()) {
    precondition(count >= 0)
    self.count = count
    self.ranks = ranks
  }

  package func part(of rank: Int) -> Range<Int> { count * rank / ranks.count..<count * (rank + 1) / ranks.count }

  /// This rank's part.
  package var own: Range<Int> { part(of: ranks.rank) }

  /// The parts of all ranks.
  package var parts: [Range<Int>] { (0..<ranks.count).map(part) }
}
