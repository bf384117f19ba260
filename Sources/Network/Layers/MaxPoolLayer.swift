import Kernels
import Specs

/// The largest value of each square window; windows touch and do not overlap.
struct MaxPoolLayer: Layer {
  let size: Int

  func output(after planning: inout Planning) throws(LayerError) -> LayerShape {
    let planes = try planning.planes(atLeast: size)
    return .planes(PlaneSize(channels: planes.channels, height: planes.height / size, width: planes.width / size))
  }

  var graphOperator: GraphOperator? {
    GraphOperator(name: "MaxPool", attributes: ["kernel_shape": .ints([size, size]), "strides": .ints([size, size])])
  }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) -> Module {
    let (input, lanes) = (builder.output.planes, builder.lanes)
    let pool = MaxPool(input: input.shape, size: size, precision: builder.precision)
    let output = builder.activation(pool.output, gradient: .kept)
    let laneCount = lanes.images * pool.output.elementCount
    /// Which value of its window each output is: [image, output]; nil in inference.
    let choices = builder.isTraining ? AlignedBuffer(UInt8.self, count: lanes.slotCount * laneCount) : nil
    return Module(
      output: .planes(output),
      forward: [
        .lanes { lane in
          pool.forward(
            input: input.values(lane: lane), output: output.values(lane: lane),
            choices: choices.map { $0.pointer(to: UInt8.self) + lane.slot * laneCount }, images: lanes.images)
        }
      ],
      backward: [
        .lanes { lane in
          guard let choices, input.gradient != nil else { return }
          pool.backward(
            outputGradient: output.gradient(lane: lane),
            choices: choices.pointer(to: UInt8.self) + lane.slot * laneCount,
            inputGradient: input.gradient(lane: lane), images: lanes.images)
        }
      ])
  }
}

extension MaxPoolLayer {
  private enum Key: String, SpecKey { case size }

  static let word = "max-pool"

  init(_ item: SpecItem) throws(SpecError) {
    size = try item.settings(of: Key.self).wholeNumber(.size, in: 1...16, default: 2)
  }

  var text: String { "\(Self.word) size=\(size)" }
}

extension LayerDescription {
  package static func maxPool(size: Int) -> LayerDescription { LayerDescription(MaxPoolLayer(size: size)) }
}
