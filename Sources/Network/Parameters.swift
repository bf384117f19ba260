import Kernels
import Samples

/// A parameter of a layer.
package struct Parameter: Hashable, Sendable {
  /// Decides whether a parameter is learned, and how an optimizer may update it.
  package enum Role: Hashable, Sendable {
    /// Weights of a convolution, [out, in, kernel, kernel].
    case kernel
    /// Weights of a linear layer, [units, inputs].
    case matrix
    case bias
    /// Scale or shift of a batch norm.
    case normalization
    /// Not learned: a running mean or variance.
    case statistic

    package var isLearned: Bool { self != .statistic }
    /// Whether weight decay applies to it.
    var decays: Bool { self == .kernel || self == .matrix }
  }

  /// In a plan, the layer's name, a dot, and the parameter's own: `conv1.weight`.
  package internal(set) var name: String
  package let shape: [Int]
  package let role: Role
  /// Inputs of each output, which limit the random initial values; nil where these are not random.
  package let fanIn: Int?
  let initialValue: Float
  /// In `Parameters`, the index of its first value.
  package fileprivate(set) var offset = 0

  init(_ name: String, _ shape: [Int], _ role: Role, fanIn: Int? = nil, initialValue: Float = 0) {
    self.name = name
    self.shape = shape
    self.role = role
    self.fanIn = fanIn
    self.initialValue = initialValue
  }

  package var count: Int { shape.reduce(1, *) }
  var range: Range<Int> { offset..<offset + count }
  var layerName: String { String(name.prefix { $0 != "." }) }
}

/// All parameters of a model in one block of memory: the learned ones first, so that an optimizer goes over them once,
/// then the statistics.
package final class Parameters: Sendable {
  package let list: [Parameter]
  package let learnedCount: Int
  package let count: Int
  /// [count]
  package let values: AlignedBuffer

  /// The parameters of a network, weights 0, all others at their initial values.
  package init(_ plan: NetworkPlan) {
    let parameters = plan.layers.flatMap(\.parameters)
    var list = parameters.filter(\.role.isLearned) + parameters.filter { !$0.role.isLearned }
    var offset = 0
    for index in list.indices {
      list[index].offset = offset
      offset += list[index].count
    }
    self.list = list
    learnedCount = list.reduce(0) { $0 + ($1.role.isLearned ? $1.count : 0) }
    count = offset
    values = AlignedBuffer(Float.self, count: count)
    for parameter in list { self[parameter].update(repeating: parameter.initialValue) }
  }

  /// The same parameters in memory of their own, all 0.
  init(like other: Parameters) {
    list = other.list
    learnedCount = other.learnedCount
    count = other.count
    values = AlignedBuffer(Float.self, count: other.count)
  }

  /// Draws the initial weights, PyTorch's default for convolutions and linear layers: uniform in ±1/sqrt(fan in), which
  /// is Kaiming's uniform rule with a = sqrt(5) (`torch.nn.Linear.reset_parameters`, PyTorch 2). A pure function of
  /// `seed`, which no other random stream uses.
  package func drawWeights(seed: UInt64) {
    for (number, parameter) in list.enumerated() {
      guard let fanIn = parameter.fanIn else { continue }
      var random = RandomStream(seed: seed, stream: UInt64(number))
      let bound = 1 / Double(fanIn).squareRoot()
      for index in parameter.range { values.floats[index] = Float(random.next(in: -bound...bound)) }
    }
  }

  /// The first parameter with a value that is not finite.
  package var firstNotFinite: Parameter? {
    list.first { !areFinite(values.floats + $0.offset, count: $0.count, precision: .float32) }
  }

  /// The values of one parameter.
  package subscript(parameter: Parameter) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: values.floats + parameter.offset, count: parameter.count)
  }
}
