import Kernels
import Ranks
import Workers

/// A convolution, with the places of its parameters' gradients.
struct ConvolutionGradient: Sendable {
  let layer: String
  let kernel: any Convolution
  let weight: ParameterMemory
  let bias: ParameterMemory?
  /// 0 without a bias.
  let biasCount: Int
  /// The rank that needs the gradients.
  let owner: Int
}

/// Adds up the weight and bias gradients that each lane left in its convolution. A convolution's sum ends at the rank
/// that updates its parameters. Ranks send each convolution's sums while the backward pass goes on.
struct GradientSums: Sendable {
  private let layers: [Layer]
  private let ranks: any Communicator

  private struct Layer: Sendable {
    let gradient: ConvolutionGradient
    let label: WorkLabel
    let weights: FloatTreeSum
    let bias: FloatTreeSum
    /// Sends the sums of this rank to the owner.
    let exchange: PieceExchange
  }

  init(_ gradients: [ConvolutionGradient], lanes: Partition) {
    let (ranks, tree) = (lanes.ranks, SumTree(lanes))
    func terms(_ kernel: any Convolution, _ array: (WeightGradient) -> UnsafeMutableBufferPointer<Float>)
      -> [Int: UnsafeMutableBufferPointer<Float>]
    {
      let arrays = lanes.own.map { ($0, array(kernel.weightGradient(lane: $0 - lanes.own.lowerBound))) }
      return Dictionary(uniqueKeysWithValues: arrays)
    }
    self.ranks = ranks
    layers = gradients.map { gradient in
      let isOwner = gradient.owner == ranks.rank
      let weights = FloatTreeSum(
        terms(gradient.kernel, \.weights), count: gradient.kernel.weightGradientCount, tree: tree, isOwner: isOwner)
      let bias = FloatTreeSum(
        terms(gradient.kernel, \.bias), count: gradient.biasCount, tree: tree, isOwner: isOwner)
      func sums(ofRank rank: Int) -> [UnsafeMutableRawBufferPointer] {
        weights.sums(ofRank: rank) + bias.sums(ofRank: rank)
      }
      let all = 0..<ranks.count
      return Layer(
        gradient: gradient, label: WorkLabel(gradient.layer, "gradient sum"), weights: weights, bias: bias,
        exchange: PieceExchange(
          ranks, sending: all.map { $0 == gradient.owner ? sums(ofRank: ranks.rank) : [] },
          receiving: all.map { isOwner ? sums(ofRank: $0) : [] }))
    }
  }

  /// Adds up this rank's gradients of some layers, whose lanes are done, and begins to send them.
  func begin(_ names: [String], on team: Team) {
    for layer in layers where names.contains(layer.gradient.layer) {
      for sum in [layer.weights, layer.bias] {
        team.run(count: sum.partCount) { part in team.time(layer.label) { sum.addOwn(part: part) } }
      }
      layer.exchange.begin()
    }
  }

  /// Ends with the gradients of the layers that this rank updates, after `begin` of all.
  func finish(on team: Team) {
    for layer in layers { layer.exchange.wait() }
    let own = layers.filter { $0.gradient.owner == ranks.rank }
    team.run(count: own.count) { number in
      team.time(own[number].label) { restore(own[number]) }
    }
  }

  private func restore(_ layer: Layer) {
    let gradient = layer.gradient
    gradient.kernel.restore(layer.weights.total(), into: gradient.weight.gradient)
    if let bias = gradient.bias { bias.gradient.update(from: layer.bias.total(), count: layer.bias.count) }
  }
}

/// Adds up arrays, one for each lane, in the order of a `SumTree`.
// SAFETY: one thread at a time uses it, or each another part of the arrays.
private final class FloatTreeSum: @unchecked Sendable {
  /// Values added up at a time: those of eight lanes fit the first-level cache.
  private static let runCount = 1024
  /// Values of a part, of which each is one thread's.
  private static let partValueCount = 16 * runCount

  let count: Int
  private let tree: SumTree
  /// By the first lane that is in it; of lanes of this rank, and, at the owner, of the other ranks' sums.
  private var terms: [Int: UnsafeMutableBufferPointer<Float>]
  private var received: [AlignedBuffer] = []

  init(_ terms: [Int: UnsafeMutableBufferPointer<Float>], count: Int, tree: SumTree, isOwner: Bool) {
    self.terms = terms
    self.count = count
    self.tree = tree
    guard isOwner else { return }
    for root in tree.roots.flatMap({ $0 }) where terms[root.lowerBound] == nil {
      let buffer = AlignedBuffer(Float.self, count: count)
      received.append(buffer)
      self.terms[root.lowerBound] = buffer.allFloats
    }
  }

  /// The sums that a rank sends to the owner; at other ranks, only their own exist.
  func sums(ofRank rank: Int) -> [UnsafeMutableRawBufferPointer] {
    tree.roots[rank].compactMap { terms[$0.lowerBound] }.map { UnsafeMutableRawBufferPointer($0) }
  }

  var partCount: Int { (count + Self.partValueCount - 1) / Self.partValueCount }

  /// Adds up the lanes of this rank in one part of the arrays.
  func addOwn(part: Int) {
    let first = part * Self.partValueCount
    perform(tree.ownAdditions, in: first..<min(first + Self.partValueCount, count))
  }

  /// The sum of all lanes, after `addOwn` of all parts: [count].
  func total() -> UnsafePointer<Float> {
    perform(tree.lastAdditions, in: 0..<count)
    guard let total = terms[0]?.baseAddress else { preconditionFailure("the owner has every rank's sums") }
    return UnsafePointer(total)
  }

  private func perform(_ additions: [SumTree.Addition], in range: Range<Int>) {
    let pairs = additions.compactMap { addition in
      terms[addition.into]?.baseAddress.flatMap { sum in terms[addition.from]?.baseAddress.map { (sum, $0) } }
    }
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.runCount) {
      let runCount = min(Self.runCount, range.upperBound - start)
      for (sum, term) in pairs { addFloats(term + start, to: sum + start, count: runCount) }
    }
  }
}
