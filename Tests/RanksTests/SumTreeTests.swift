import RankThreads
import Ranks
import Testing

@Suite struct SumTreeTests {
  private struct Rank: Communicator {
    let rank: Int
    let count: Int
    func begin(
      sending: [UnsafeRawBufferPointer], receiving: [UnsafeMutableRawBufferPointer]
    ) -> any PendingExchange { FinishedExchange() }
  }

  /// The additions as text, in brackets.
  private func total(_ count: Int, on ranks: Int) -> String {
    var terms = (0..<count).map { "\($0)" }
    func perform(_ additions: [SumTree.Addition]) {
      for addition in additions { terms[addition.into] = "(\(terms[addition.into])+\(terms[addition.from]))" }
    }
    let trees = (0..<ranks).map { SumTree(Partition(count, to: Rank(rank: $0, count: ranks))) }
    for tree in trees { perform(tree.ownAdditions) }
    perform(trees[0].lastAdditions)
    return terms[0]
  }

  @Test func isABinaryTree() {
    #expect(total(1, on: 1) == "0")
    #expect(total(5, on: 1) == "(((0+1)+(2+3))+4)")
    #expect(total(8, on: 1) == "(((0+1)+(2+3))+((4+5)+(6+7)))")
  }

  @Test(arguments: 1...40) func theNumberOfRanksChangesNothing(count: Int) {
    for ranks in 1...count + 3 { #expect(total(count, on: ranks) == total(count, on: 1)) }
  }

  /// No rank may need the terms of another for what it sends.
  @Test(arguments: [1, 5, 8, 13]) func aRankAddsItsOwnTermsAlone(count: Int) {
    for ranks in 1...9 {
      for rank in 0..<ranks {
        let terms = Partition(count, to: Rank(rank: rank, count: ranks))
        let tree = SumTree(terms)
        #expect(tree.ownAdditions.allSatisfy { terms.own.contains($0.into) && terms.own.contains($0.from) })
        #expect(tree.roots[rank].flatMap { Array($0) } == Array(terms.own))
      }
    }
  }
}
