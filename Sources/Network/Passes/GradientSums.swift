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
/// that updates its parameters.
struct GradientSums: Sendable {
  private let layers: [Layer]
  private let ranks: any Communicator
  private let exchange: PieceExchange

  private struct Layer: Sendable {
    let gradient: ConvolutionGradient
    let label: WorkLabel
    let weights: FloatTreeSum
    let bias: FloatTreeSum
  }

  init(_ gradients: [ConvolutionGradient], lanes: Dealing) {
    let (ranks, tree) = (lanes.ranks, SumTree(lanes))
    func terms(_ kernel: any Convolution, _ array: (WeightGradient) -> UnsafeMutableBufferPointer<Float>)
      -> [Int: UnsafeMutableBufferPointer<Float>]
    {
      let arrays = lanes.own.map { ($0, array(kernel.weightGradient(lane: $0 - lanes.own.lowerBound))) }
      return Dictionary(uniqueKeysWithValues: arrays)
    }
    let layers = gradients.map { gradient in
      let isOwner = gradient.owner == ranks.rank
      return Layer(
        gradient: gradient, label: WorkLabel(gradient.layer, "gradient sum"),
        weights: FloatTreeSum(
          terms(gradient.kernel, \.weights), count: gradient.kernel.weightGradientCount, tree: tree, isOwner: isOwner),
        bias: FloatTreeSum(
          terms(gradient.kernel, \.bias), count: gradient.biasCount, tree: tree, isOwner: isOwner))
    }
    self.ranks = ranks
    self.layers = layers
    func pieces(ofRank rank: Int, forOwner owner: Int) -> [UnsafeMutableRawBufferPointer] {
      layers.filter { $0.gradient.owner == owner }
        .flatMap { layer in [layer.weights, layer.bias].flatMap { $0.sums(ofRank: rank) } }
    }
    exchange = PieceExchange(
      ranks, sending: (0..<ranks.count).map { pieces(ofRank: ranks.rank, forOwner: $0) },
      receiving: (0..<ranks.count).map { pieces(ofRank: $0, forOwner: ranks.rank) })
  }

  func run(on team: Team) {
    func forEach(_ layers: [Layer], _ body: @Sendable (Layer) -> Void) {
      team.run(count: layers.count) { number in team.time(layers[number].label) { body(layers[number]) } }
    }
    guard ranks.count > 1 else {
      return forEach(layers) {
        addOwn($0)
        finish($0)
      }
    }
    forEach(layers, addOwn)
    exchange.run()
    forEach(layers.filter { $0.gradient.owner == ranks.rank }, finish)
  }

  @Sendable private func addOwn(_ layer: Layer) {
    layer.weights.addOwn()
    layer.bias.addOwn()
  }

  @Sendable private func finish(_ layer: Layer) {
    let gradient = layer.gradient
    gradient.kernel.restore(layer.weights.total(), into: gradient.weight.gradient)
    if let bias = gradient.bias { bias.gradient.update(from: layer.bias.total(), count: layer.bias.count) }
  }
}

/// Adds up arrays, one for each lane, in the order of a `SumTree`.
// SAFETY: one thread at a time uses it.
private final class FloatTreeSum: @unchecked Sendable {
  /// Values added up at a time: those of eight lanes fit the first-level cache.
  private static let partCount = 1024

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

  func addOwn() { perform(tree.ownAdditions) }

  /// The sum of all lanes: [count].
  func total() -> UnsafePointer<Float> {
    perform(tree.lastAdditions)
    guard let total = terms[0]?.baseAddress else { preconditionFailure("the owner has every rank's sums") }
    return UnsafePointer(total)
  }

  private func perform(_ additions: [SumTree.Addition]) {
    let pairs = additions.compactMap { addition in
      terms[addition.into]?.baseAddress.flatMap { sum in terms[addition.from]?.baseAddress.map { (sum, $0) } }
    }
    for start in stride(from: 0, to: count, by: Self.partCount) {
      for (sum, term) in pairs { addFloats(term + start, to: sum + start, count: min(Self.partCount, count - start)) }
    }
  }
}
