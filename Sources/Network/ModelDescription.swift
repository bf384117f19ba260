import Samples
import Specs

/// A model's input, alphabet, loss and layers: everything needed to run it, except the weights.
package struct ModelDescription: Hashable, Sendable {
  package let name: String
  /// Size and pixel format of its images.
  package let input: Geometry
  package let alphabet: Alphabet
  /// Characters in an image.
  package let lengths: ClosedRange<Int>
  package let loss: LossName
  package private(set) var layers: [LayerDescription]

  package init(
    name: String, input: Geometry, alphabet: Alphabet, lengths: ClosedRange<Int>, loss: LossName,
    layers: [LayerDescription]
  ) {
    self.name = name
    self.input = input
    self.alphabet = alphabet
    self.lengths = lengths
    self.loss = loss
    self.layers = layers
  }

  /// Rows of logits: one for each character of the longest text.
  package var positions: Int { lengths.upperBound }
  /// The class of positions past the text's end, after those of the characters. Only models of texts that differ in
  /// length have it.
  package var blank: UInt16 { alphabet.blank }
  package var hasBlank: Bool { lengths.count > 1 }
  /// Logits in a row.
  package var classCount: Int { alphabet.count + (hasBlank ? 1 : 0) }
  /// Logits of one image.
  package var logitCount: Int { positions * classCount }

  /// The model for a captcha.
  /// - Throws: `LayerError` where a layer does not fit the one before it.
  package init(_ model: ModelSpec, for captcha: CaptchaSpec) throws(LayerError) {
    let name = if case .named(let name) = model { name.rawValue } else { "custom" }
    self.init(
      name: name, input: captcha.geometry, alphabet: captcha.alphabet, lengths: captcha.lengths,
      loss: model == .named(.seedCNN) ? .multiLabelSoftMargin : .crossEntropy, layers: [])
    var locations: [SpecPlace?] = []
    switch model {
    case .named(.seedCNN): layers = Self.seedCNN(logitCount: logitCount)
    case .named(.glyphnet): layers = Self.glyphnet(logitCount: logitCount)
    case .layers(let listed):
      layers = listed.map(\.value) + [.linear(units: logitCount)]
      locations = listed.map(\.place)
    }
    do throws(LayerError) {
      _ = try NetworkPlan(self)
    } catch {
      var error = error
      // The output layer is not in the file: the error points to the layer before it.
      error.place = locations.prefix(error.number).last ?? nil
      throw error
    }
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

  /// A wide first kernel detects strokes. Each pooling halves the planes, so that the later layers, which are the most
  /// and have the most features, run on the fewest positions. A last convolution reduces the features, and one linear
  /// layer predicts every character from the features at all positions. So the convolutions learn what a character
  /// looks like once for all positions, and the linear layer need not.
  private static func glyphnet(logitCount: Int) -> [LayerDescription] {
    func block(_ filters: Int, kernel: Int = 3, stride: Int = 1) -> [LayerDescription] {
      [.convolution(filters: filters, kernel: kernel, stride: stride, hasBias: false), .batchNorm, .relu]
    }
    func residual(_ filters: Int) -> [LayerDescription] {
      [.shortcut, .convolution(filters: filters, kernel: 3, stride: 1, hasBias: false), .batchNorm, .add, .relu]
    }
    let pool = LayerDescription.maxPool(size: 2)
    return block(32, kernel: 5, stride: 2) + [pool] + block(64) + [pool] + residual(64) + block(128) + [pool]
      + (0..<4).flatMap { _ in residual(128) } + block(64, kernel: 1) + [.linear(units: logitCount)]
  }
}
