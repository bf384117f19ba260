import Samples
import Specs

/// What a model reads and how it is built: all that is needed, beside the weights, to run it.
package struct ModelDescription: Hashable, Sendable {
  package enum Loss: String, Sendable {
    /// Softmax cross-entropy of each position, averaged.
    case crossEntropy = "cross-entropy"
    /// A logistic loss of each class at each position, as PyTorch's MultiLabelSoftMarginLoss.
    case multiLabelSoftMargin = "multi-label-soft-margin"
  }

  package let name: String
  /// The images it reads.
  package let input: Geometry
  package let alphabet: Alphabet
  /// Characters in an image.
  package let length: Int
  package let loss: Loss
  package let layers: [LayerDescription]

  package init(
    name: String, input: Geometry, alphabet: Alphabet, length: Int, loss: Loss, layers: [LayerDescription]
  ) {
    self.name = name
    self.input = input
    self.alphabet = alphabet
    self.length = length
    self.loss = loss
    self.layers = layers
  }

  /// Logits of one image: a row of classes for each position.
  package var logitCount: Int { length * alphabet.count }

  /// The named model for a captcha.
  package init(_ model: ModelSpec, reading captcha: CaptchaSpec) {
    let logitCount = captcha.lengths.upperBound * captcha.alphabet.count
    self.init(
      name: model.name.rawValue, input: captcha.geometry, alphabet: captcha.alphabet,
      length: captcha.lengths.upperBound,
      loss: model.name == .seedCNN ? .multiLabelSoftMargin : .crossEntropy,
      layers: model.name == .seedCNN ? Self.seedCNN(logitCount: logitCount) : Self.glyphnet(logitCount: logitCount))
  }

  /// dee1024/pytorch-captcha-recognition, `captcha_cnn_model.py`: three blocks and two linear layers.
  private static func seedCNN(logitCount: Int) -> [LayerDescription] {
    let blocks = [32, 64, 64].flatMap { filters -> [LayerDescription] in
      [
        .convolution(filters: filters, kernel: 3, stride: 1, hasBias: true), .batchNorm, .dropout(rate: 0.5), .relu,
        .maxPool(size: 2),
      ]
    }
    return blocks + [.linear(units: 1024), .dropout(rate: 0.5), .relu, .linear(units: logitCount)]
  }

  /// A wide first kernel finds strokes; each pooling halves the plane, so that the later layers, which have the most
  /// features, run on the fewest places; one linear layer reads every position from all of them.
  private static func glyphnet(logitCount: Int) -> [LayerDescription] {
    func block(_ filters: Int, kernel: Int = 3, stride: Int = 1) -> [LayerDescription] {
      [.convolution(filters: filters, kernel: kernel, stride: stride, hasBias: false), .batchNorm, .relu]
    }
    func residual(_ filters: Int) -> [LayerDescription] {
      [.shortcut, .convolution(filters: filters, kernel: 3, stride: 1, hasBias: false), .batchNorm, .add, .relu]
    }
    let pool = LayerDescription.maxPool(size: 2)
    return block(32, kernel: 5, stride: 2) + [pool] + block(64) + [pool] + residual(64) + block(128) + [pool]
      + residual(128) + [.linear(units: logitCount)]
  }
}
