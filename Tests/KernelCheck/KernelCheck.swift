import Kernels
import Network
import Samples
import Specs
import Workers

/// Prints a line for everything that a network asks a backend to compute, with the code that computes it. oneDNN decides
/// which instructions it may use when it is first called, so each set of instructions takes a run of this program.
@main
enum KernelCheck {
  static func main() throws {
    let backend = try makeBackend()
    print("\(backend.name):")
    for precision in Precision.allCases where backend.supports(precision) {
      for name in ModelSpec.Name.allCases { try printNetwork(.named(name), precision, backend) }
      try printGrid(precision, backend)
    }
  }

  /// What a model's layers take, in training and in inference.
  private static func printNetwork(_ model: ModelSpec, _ precision: Precision, _ backend: any Backend) throws {
    for color in ["gray", "rgb"] {
      let spec = try PipelineSpec(
        yaml: "{name: check, captcha: {charset: digits, length: 4, color: \(color)}, datasets: {train: {count: 64}}}",
        path: "check.yaml")
      let description = try ModelDescription(model, for: spec.captcha)
      for (purpose, name) in [(Network.Purpose.training, "training"), (.inference, "inference")] {
        let recorder = RecordingBackend(backend) { print("\(description.name) \(color) \(name), \(precision): \($0)") }
        _ = try Network(
          description, for: purpose, batch: 32, precision: precision, backend: recorder, team: Team(threadCount: 1))
      }
    }
  }

  /// Convolutions of all kinds that a spec may list.
  private static func printGrid(_ precision: Precision, _ backend: any Backend) throws {
    let channelCounts = [1, 3, 8, 12, 16, 24, 32, 48, 64, 128]
    for kernel in [1, 3, 5, 7] {
      for stride in [1, 2] {
        for inputs in channelCounts {
          for outputs in channelCounts {
            let geometry = ConvolutionGeometry(
              inputChannels: inputs, outputChannels: outputs, kernel: kernel, stride: stride, padding: kernel / 2,
              hasBias: true, inputHeight: 12, inputWidth: 20)
            // As the first layer of a network, whose input has no gradient, and as a later one.
            for isFirst in [true, false] where !isFirst || inputs <= 3 {
              let order = backend.order(filters: isFirst ? [outputs] : [inputs, outputs], precision: precision)
              let convolution = try backend.makeConvolution(
                geometry, input: order.shape(channels: inputs, height: 12, width: 20),
                output: order.shape(
                  channels: outputs, height: geometry.outputHeight, width: geometry.outputWidth), laneImages: 2,
                laneCount: 1, precision: precision,
                directions: isFirst ? [.forward, .backwardWeights] : [.forward, .backwardInput, .backwardWeights])
              print("\(inputs) to \(outputs), kernel \(kernel), stride \(stride), \(precision): \(convolution)")
            }
          }
        }
      }
    }
  }
}

/// A backend that reports everything it makes.
private struct RecordingBackend: Backend {
  private let backend: any Backend
  private let record: @Sendable (String) -> Void

  init(_ backend: any Backend, record: @escaping @Sendable (String) -> Void) {
    self.backend = backend
    self.record = record
  }

  var name: String { backend.name }
  func supports(_ precision: Precision) -> Bool { backend.supports(precision) }
  func order(filters: [Int], precision: Precision) -> ActivationOrder {
    backend.order(filters: filters, precision: precision)
  }

  func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: Set<ConvolutionDirection>
  ) throws(KernelError) -> any Convolution {
    let convolution = try backend.makeConvolution(
      geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount, precision: precision,
      directions: directions)
    record("\(convolution)")
    return convolution
  }

  func makeNormalizedConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int,
    laneCount: Int, threadCount: Int
  ) throws(KernelError) -> (any NormalizedConvolution)? {
    let convolution = try backend.makeNormalizedConvolution(
      geometry, input: input, norm: norm, pools: pools, laneImages: laneImages, laneCount: laneCount,
      threadCount: threadCount)
    if let convolution { record("\(convolution)") }
    return convolution
  }

  func makeMatrixProduct(_ shape: MatrixProductShape, precision: Precision) throws(KernelError) -> any MatrixProduct {
    let product = try backend.makeMatrixProduct(shape, precision: precision)
    record("\(product)")
    return product
  }
}
