/// The order in which numbered terms are added up: a binary tree, so that ranks can each add up their own terms and send
/// only those sums, and the total does not depend on which rank has which terms.
///
/// The left part of a node has the largest power of two of terms that leaves some to the right part. A node's sum takes
/// the place of its first term.
package struct SumTree: Sendable {
  /// Adds the sum at index `from` to that at index `into`.
  package struct Addition: Sendable, Equatable {
    package let into: Int
    package let from: Int
  }

  /// The largest nodes within each rank's part, in order.
  package let roots: [[Range<Int>]]
  /// Turn this rank's own terms into the sums of its roots.
  package let ownAdditions: [Addition]
  /// Turn the sums of all ranks' roots into the total.
  package let lastAdditions: [Addition]

  /// - Parameter terms: At least one.
  package init(_ terms: Partition) {
    precondition(terms.count > 0)
    let (whole, parts) = (0..<terms.count, terms.parts)
    roots = parts.map { Self.roots(in: $0, below: whole) }
    let leaves = whole.map { $0..<$0 + 1 }
    ownAdditions = roots[terms.ranks.rank].flatMap { Self.additions(to: $0, from: leaves) }
    lastAdditions = Self.additions(to: whole, from: roots.flatMap { $0 })
  }

  private static func halves(of node: Range<Int>) -> (left: Range<Int>, right: Range<Int>) {
    var leftCount = 1
    while 2 * leftCount < node.count { leftCount *= 2 }
    let middle = node.lowerBound + leftCount
    return (node.lowerBound..<middle, middle..<node.upperBound)
  }

  private static func roots(in part: Range<Int>, below node: Range<Int>) -> [Range<Int>] {
    let common = part.clamped(to: node)
    if common.isEmpty { return [] }
    if common == node { return [node] }
    let (left, right) = halves(of: node)
    return roots(in: part, below: left) + roots(in: part, below: right)
  }

  private static func additions(to node: Range<Int>, from parts: [Range<Int>]) -> [Addition] {
    if parts.contains(node) { return [] }
    let (left, right) = halves(of: node)
    return additions(to: left, from: parts) + additions(to: right, from: parts)
      + [Addition(into: left.lowerBound, from: right.lowerBound)]
  }
}
