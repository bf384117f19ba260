import Ranks

/// Sums over the images of a mini-batch, in double precision. Each lane adds up those of its own images; the total of
/// all lanes is added up by a `SumTree`, so it does not depend on how many ranks have them.
// SAFETY: a lane writes only its own sums; `total` runs while no lane does.
package final class LaneSums: @unchecked Sendable {
  /// Numbers in each sum.
  private let count: Int
  private let lanes: Partition
  private let tree: SumTree
  /// [lanes, count]
  private let values: AlignedBuffer
  private let exchange: PieceExchange

  package init(count: Int, lanes: Partition) {
    self.count = count
    self.lanes = lanes
    let (tree, values) = (SumTree(lanes), AlignedBuffer(Double.self, count: lanes.count * count))
    let sums = values.pointer(to: Double.self)
    exchange = PieceExchange(
      lanes.ranks,
      sharing: tree.roots.map { roots in
        roots.map { .init(UnsafeMutableBufferPointer(start: sums + $0.lowerBound * count, count: count)) }
      })
    (self.tree, self.values) = (tree, values)
  }

  /// The sums of one lane of this rank: [count].
  package func lane(_ number: Int) -> UnsafeMutablePointer<Double> {
    precondition(lanes.own.contains(number))
    return values.pointer(to: Double.self) + number * count
  }

  /// Adds up the sums of all lanes of all ranks, and overwrites those of lanes.
  /// - Returns: [count], valid until a lane is written again.
  package func total() -> UnsafePointer<Double> {
    let sums = values.pointer(to: Double.self)
    func perform(_ additions: [SumTree.Addition]) {
      for addition in additions {
        let (sum, term) = (sums + addition.into * count, sums + addition.from * count)
        for index in 0..<count { sum[index] += term[index] }
      }
    }
    perform(tree.ownAdditions)
    exchange.run()
    perform(tree.lastAdditions)
    return UnsafePointer(sums)
  }
}
