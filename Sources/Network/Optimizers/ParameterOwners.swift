import Kernels
import Ranks

/// A run of a parameter's values that one rank updates; of a kernel always all.
struct ParameterPiece: Sendable {
  let parameter: Parameter
  /// Indices in `Parameters`.
  let range: Range<Int>
}

/// Which rank updates which learned values. It is the one that ends up with their gradient: a rank sums the gradients
/// of whole convolutions over all lanes, and computes those of some units of a linear layer. The gradients of batch
/// norms, which are few, every rank has.
package struct ParameterOwners: Sendable {
  let ranks: any Communicator
  /// By rank.
  let pieces: [[ParameterPiece]]
  /// The rank of each convolution, by the layer's name.
  private(set) var ofConvolutions: [String: Int] = [:]

  /// - Parameter lanes: Their shares are those of the work on linear layers.
  init(_ parameters: Parameters, lanes: Lanes) {
    ranks = lanes.partition.ranks
    var pieces = Array(repeating: [ParameterPiece](), count: ranks.count)
    func append(_ parameter: Parameter, _ range: Range<Int>, to rank: Int) {
      if !range.isEmpty { pieces[rank].append(ParameterPiece(parameter: parameter, range: range)) }
    }
    let learned = parameters.list.filter(\.role.isLearned)
    // The largest kernels first, each to the rank that has the least, so that all have about as much to update.
    var loads = Array(repeating: 0, count: ranks.count)
    for kernel in learned.filter({ $0.role == .kernel }).sorted(by: { $0.count > $1.count }) {
      let rank = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
      loads[rank] += kernel.count
      ofConvolutions[kernel.layerName] = rank
    }
    let firstShareRank = lanes.shares.parts.firstIndex { $0.contains(0) } ?? 0
    for parameter in learned {
      switch parameter.role {
      case .kernel, .normalization, .statistic:
        append(parameter, parameter.range, to: ofConvolutions[parameter.layerName] ?? 0)
      case .bias: append(parameter, parameter.range, to: ofConvolutions[parameter.layerName] ?? firstShareRank)
      case .matrix:
        let inputs = parameter.shape[1]
        for (rank, part) in lanes.shares.parts.enumerated() where !part.isEmpty {
          let units = lanes.units(ofShares: part, total: parameter.shape[0])
          append(
            parameter,
            parameter.offset + units.lowerBound * inputs..<parameter.offset + units.upperBound * inputs, to: rank)
        }
      }
    }
    self.pieces = pieces
  }

  /// All values to the one rank that there is.
  init(_ parameters: Parameters) {
    self.init(
      parameters, lanes: Lanes(batch: 1, countMax: 1, activationByteCount: 0, isTraining: true, threadCount: 1))
  }

  var own: [ParameterPiece] { pieces[ranks.rank] }

  /// Sends the values that each rank has updated to all others.
  /// - Parameter values: [learned]
  func exchange(of values: UnsafeMutablePointer<Float>) -> PieceExchange {
    PieceExchange(
      ranks,
      sharing: pieces.map { pieces in
        pieces.map { .init(UnsafeMutableBufferPointer(start: values + $0.range.lowerBound, count: $0.range.count)) }
      })
  }
}
