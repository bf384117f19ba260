import Kernels
import Specs

/// The largest value of each square window; windows touch and do not overlap.
struct MaxPoolLayer: Layer, LayerForm {
  private enum Key: String, SpecKey { case size }

  static let word = "max-pool"
  let size: Int

  init(_ item: SpecItem) throws(SpecError) {
    size = try item.settings(of: Key.self).wholeNumber(.size, in: 1...16, default: 2)
  }

  fileprivate init(size: Int) { self.size = size }

  var text: String { "\(Self.word) size=\(size)" }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    .planes(try planning.planes(atLeast: size).pooled(by: size))
  }

  var graphOperator: GraphOperator? {
    GraphOperator("MaxPool", ["kernel_shape": .ints([size, size]), "strides": .ints([size, size])])
  }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> any Module {
    let (input, lanes) = (builder.planes, builder.lanes)
    let pool = MaxPool(input: input.shape, size: size, precision: builder.precision)
    return MaxPoolModule(
      pool: pool, input: input, values: builder.activation(pool.output, gradient: .kept),
      choices: builder.isTraining
        ? AlignedBuffer(UInt8.self, count: lanes.count * lanes.images * pool.output.elementCount) : nil, lanes: lanes)
  }
}

extension LayerDescription {
  package static func maxPool(size: Int) -> LayerDescription { LayerDescription(MaxPoolLayer(size: size)) }
}

private struct MaxPoolModule: Module {
  let pool: MaxPool
  let input: Activation
  let values: Activation
  /// Which value of its window each output is: [image, output]; nil in inference.
  let choices: AlignedBuffer?
  let lanes: Lanes

  var output: ModuleOutput { .planes(values) }

  private func choices(lane: Lane) -> UnsafeMutablePointer<UInt8>? {
    choices.map { $0.pointer(to: UInt8.self) + lane.slot * lanes.images * values.shape.elementCount }
  }

  var forward: [Phase] {
    [
      .lanes { lane in
        pool.forward(
          input: input.values(lane: lane), output: values.values(lane: lane), choices: choices(lane: lane),
          images: lanes.images)
      }
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        guard let choices = choices(lane: lane), input.gradient != nil else { return }
        pool.backward(
          outputGradient: values.gradient(lane: lane), choices: choices, inputGradient: input.gradient(lane: lane),
          images: lanes.images)
      }
    ]
  }
}
