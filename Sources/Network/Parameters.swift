import Kernels
import Samples

/// A parameter of a layer.
package struct ParameterDeclaration: Hashable, Sendable {
  /// The role of a parameter decides its initial value, whether it is learned, and how an optimizer may update it.
  package enum Role: Hashable, Sendable {
    /// Weights of a convolution, [out, in, kernel, kernel]. Weights and biases start uniform in ±1/sqrt(fanIn).
    case kernel(fanIn: Int)
    /// Weights of a linear layer, [units, inputs].
    case matrix(fanIn: Int)
    case bias(fanIn: Int)
    /// A factor that starts at 1.
    case scale
    /// A term that starts at 0.
    case shift
    /// Not learned: a running mean or variance.
    case statistic(initial: Float)
  }

  package let name: String
  package let shape: [Int]
  package let role: Role

  init(_ name: String, _ shape: [Int], _ role: Role) {
    self.name = name
    self.shape = shape
    self.role = role
  }

  package var count: Int { shape.reduce(1, *) }

  func named(after layer: String) -> ParameterDeclaration { ParameterDeclaration("\(layer).\(name)", shape, role) }
}

/// A parameter in the memory of a network.
package struct Parameter: Hashable, Sendable {
  private let declaration: ParameterDeclaration
  /// Index of its first value in `Parameters.values`.
  package let offset: Int

  fileprivate init(_ declaration: ParameterDeclaration, offset: Int) {
    self.declaration = declaration
    self.offset = offset
  }

  /// The layer's name, a dot, and the parameter's own: `conv1.weight`.
  package var name: String { declaration.name }
  package var shape: [Int] { declaration.shape }
  package var role: ParameterDeclaration.Role { declaration.role }
  package var count: Int { declaration.count }
  package var range: Range<Int> { offset..<offset + count }
  package var layerName: String { String(name.prefix { $0 != "." }) }
}

extension ParameterDeclaration.Role {
  package var isLearned: Bool { if case .statistic = self { false } else { true } }

  /// Whether weight decay applies to it.
  var decays: Bool {
    switch self {
    case .kernel, .matrix: true
    case .bias, .scale, .shift, .statistic: false
    }
  }

  /// Inputs of each output; nil where the initial values are not random.
  package var fanIn: Int? {
    switch self {
    case .kernel(let fanIn), .matrix(let fanIn), .bias(let fanIn): fanIn
    case .scale, .shift, .statistic: nil
    }
  }

  /// The value before weights are drawn.
  fileprivate var initialValue: Float {
    switch self {
    case .kernel, .matrix, .bias, .shift: 0
    case .scale: 1
    case .statistic(let initial): initial
    }
  }
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
    var list: [Parameter] = []
    var offset = 0
    func add(learned: Bool) {
      for declaration in plan.layers.flatMap(\.parameters) where declaration.role.isLearned == learned {
        list.append(Parameter(declaration, offset: offset))
        offset += declaration.count
      }
    }
    add(learned: true)
    learnedCount = offset
    add(learned: false)
    count = offset
    self.list = list
    values = AlignedBuffer(Float.self, count: offset)
    for parameter in list { self[parameter].update(repeating: parameter.role.initialValue) }
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
      guard let fanIn = parameter.role.fanIn else { continue }
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
