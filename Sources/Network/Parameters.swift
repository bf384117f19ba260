import Kernels
import Samples

/// One named array of learned numbers, or of statistics gathered while learning.
package struct Parameter: Hashable, Sendable {
  package enum Role: Hashable, Sendable {
    /// Learned by gradient; uniform in ±1/sqrt(fanIn) at first; weight decay applies to matrices and kernels only.
    case weight(fanIn: Int, decays: Bool)
    /// Learned by gradient; starts at a constant.
    case constant(Float)
    /// Not learned: a running mean or variance; starts at a constant.
    case statistic(Float)
  }

  package let name: String
  package let shape: [Int]
  package let role: Role
  /// Place of the first number in `Parameters.values`.
  package let offset: Int

  package var count: Int { shape.reduce(1, *) }
  package var range: Range<Int> { offset..<offset + count }
  package var decays: Bool {
    if case .weight(_, let decays) = role { decays } else { false }
  }
  /// Of a convolution: [out, in, kernel, kernel].
  package var isKernel: Bool { shape.count == 4 }
  package var isLearned: Bool {
    if case .statistic = role { false } else { true }
  }
}

/// All numbers of a model in one piece of memory: the learned ones first, so that an optimiser passes over them once,
/// then the statistics.
package final class Parameters: Sendable {
  package let list: [Parameter]
  package let learnedCount: Int
  package let count: Int
  /// [count]
  package let values: AlignedBuffer

  /// The parameters of a network, constants and statistics at their start, weights 0.
  package init(_ plan: NetworkPlan) {
    var list: [Parameter] = []
    var offset = 0
    func add(learned: Bool) {
      for declaration in plan.declarations {
        let parameter = Parameter(
          name: declaration.name, shape: declaration.shape, role: declaration.role, offset: offset)
        guard parameter.isLearned == learned else { continue }
        list.append(parameter)
        offset += parameter.count
      }
    }
    add(learned: true)
    learnedCount = offset
    add(learned: false)
    count = offset
    self.list = list
    values = AlignedBuffer(Float.self, count: offset)
    for parameter in list {
      switch parameter.role {
      case .weight: break
      case .constant(let value), .statistic(let value):
        values.floats.advanced(by: parameter.offset).update(repeating: value, count: parameter.count)
      }
    }
  }

  /// The same parameters with numbers of their own, all 0.
  init(like other: Parameters) {
    list = other.list
    learnedCount = other.learnedCount
    count = other.count
    values = AlignedBuffer(Float.self, count: other.count)
  }

  /// Draws the initial weights, PyTorch's default for convolutions and linear layers: uniform in ±1/sqrt(fan in), which is
  /// Kaiming's uniform rule with a = sqrt(5) (`torch.nn.Linear.reset_parameters`, PyTorch 2). A pure function of `seed`, which no other random
  /// stream uses.
  package func drawWeights(seed: UInt64) {
    for (number, parameter) in list.enumerated() {
      guard case .weight(let fanIn, _) = parameter.role else { continue }
      var random = RandomStream(seed: seed, stream: UInt64(number))
      let bound = 1 / Double(fanIn).squareRoot()
      for index in parameter.range { values.floats[index] = Float(random.next(in: -bound...bound)) }
    }
  }

  /// The first parameter with a number that is not finite.
  package var firstNotFinite: Parameter? {
    list.first { !areFinite(values.floats + $0.offset, count: $0.count, precision: .float32) }
  }

  /// The numbers of one parameter.
  package subscript(parameter: Parameter) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: values.floats + parameter.offset, count: parameter.count)
  }
}
