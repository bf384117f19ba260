import Kernels

/// A convolution with its weights and, where it has one, its bias.
struct ConvolutionLayer: Layer {
  private let kernel: any Convolution
  private let input: Activation
  let output: Activation
  private let weight: ParameterMemory
  private let bias: ParameterMemory?

  init(
    kernel: any Convolution, input: Activation, output: Activation, weight: ParameterMemory, bias: ParameterMemory?
  ) {
    self.kernel = kernel
    self.input = input
    self.output = output
    self.weight = weight
    self.bias = bias
  }

  var forward: [Phase] {
    [
      .prepare { kernel.loadWeights(weight.values, bias: bias?.values) },
      .lanes { lane in
        kernel.forward(lane: lane.place, input: input.values(lane: lane), output: output.values(lane: lane))
      },
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        let outputGradient = output.gradient(lane: lane)
        kernel.backwardWeights(lane: lane.place, input: input.values(lane: lane), outputGradient: outputGradient)
        // Nobody asks for the gradient of the pixels.
        if input.gradient != nil {
          kernel.backwardInput(
            lane: lane.place, outputGradient: outputGradient, inputGradient: input.gradient(lane: lane))
        }
      },
      .conclude { kernel.reduceWeightGradients(into: weight.gradient, bias: bias?.gradient) },
    ]
  }
}
