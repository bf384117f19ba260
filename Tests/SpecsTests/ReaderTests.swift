import Foundation
import Network
import Samples
import Specs
import Testing

private let minimal = """
  name: minimal
  captcha: {charset: digits, length: 4}
  datasets: {train: {count: 1000}}
  """

private func spec(charset: String) throws -> PipelineSpec {
  try PipelineSpec(
    yaml: "name: x\ncaptcha: {charset: '\(charset)', length: 4}\ndatasets: {train: {count: 1000}}", path: "x.yaml")
}

@Suite struct ReaderTests {
  @Test func aMinimalSpecGetsTheDefaults() throws {
    let spec = try PipelineSpec(yaml: minimal, path: "minimal.yaml")
    #expect(spec.name == "minimal")
    #expect(spec.seed == 0)
    #expect(spec.captcha.geometry == Geometry(width: 160, height: 60, format: .gray))
    let entry = try #require(spec.captcha.entries.first)
    #expect(spec.captcha.entries.count == 1)
    guard entry.style.settings is ImageCaptchaSpec else {
      Issue.record("\(entry.style)")
      return
    }
    #expect(entry.alphabet.text == "0123456789")
    #expect(entry.lengths == 4...4)
    #expect(entry.fonts.value == ["Noto Mono"])
    #expect(spec.datasets.mapValues(\.count) == [.train: 1000])
    #expect(spec.shards.records == 8192)
    #expect(spec.shards.block == 64)
    #expect(spec.shards.compression == 1)
    #expect(spec.model == .named(.glyphnet))
    #expect(spec.training.batch == 64)
    #expect(spec.training.laneCountMax == 8)
    #expect(spec.training.epochs == 1)
    #expect(spec.training.optimizer == .muon)
    #expect(spec.training.learningRate == 0.006)
    #expect(spec.training.weightDecay == 0.05)
    #expect(spec.training.schedule == .oneCycle)
    #expect(spec.training.warmup == 0.15)
    #expect(spec.training.precision == .automatic)
    #expect(spec.training.checkpointEvery == 500)
    #expect(spec.evaluation.split == .train)
  }

  @Test func everyKeyIsRead() throws {
    let yaml = """
      name: every.key-1_2
      seed: 18446744073709551615
      captcha:
        style: image-captcha
        charset: lower+digits
        length: 6
        width: 200
        height: 80
        color: rgb
        font: [/fonts/some font.ttf, Noto Mono]
        image-captcha:
          font_sizes: [20, 30]
          rotation: [-10, 10.5]
          warp_x: [0, 0.2]
          warp_y: 0
          offset_x: [1, 2]
          offset_y: 3
          space_probability: 0.1
          overlap: 0
          background_color: [200, 210]
          text_color: 0
          text_opacity: [255, 255]
          dot_count: [0, 50]
          dot_width: 2
          arc_count: [0, 3]
          arc_start: 90
          arc_end: [300, 359]
      datasets: {train: {count: 3000}, validation: {count: 20}, test: {count: 10}}
      shards: {records: 100, block: 10, compression: 19}
      model: {name: seed-cnn}
      training:
        batch: 64
        candidates: 4
        lanes: 32
        epochs: 3
        optimizer: adam
        learning_rate: 1e-3
        weight_decay: 0
        schedule: constant
        warmup: 0.0
        label_smoothing: 0
        average: 0.999
        distortion: 0.25
        precision: bfloat16
        checkpoint_every: 50
      evaluation: {split: validation}
      """
    let spec = try PipelineSpec(yaml: yaml, path: "x.yaml")
    #expect(spec.name == "every.key-1_2")
    #expect(spec.seed == .max)
    #expect(spec.captcha.alphabet.text == "abcdefghijklmnopqrstuvwxyz0123456789")
    #expect(spec.captcha.lengths.upperBound == 6)
    #expect(spec.captcha.geometry == Geometry(width: 200, height: 80, format: .rgb))
    #expect(spec.captcha.entries.first?.fonts.value == ["/fonts/some font.ttf", "Noto Mono"])
    guard let style = spec.captcha.entries.first?.style.settings as? ImageCaptchaSpec else {
      Issue.record("\(spec.captcha.entries)")
      return
    }
    #expect(style.fontSizes == [20, 30] && style.rotation == -10...10.5)
    #expect(style.warpX == 0...0.2 && style.warpY == 0...0 && style.offsetX == 1...2 && style.offsetY == 3...3)
    #expect(style.spaceProbability == 0.1 && style.overlap == 0)
    #expect(style.backgroundColor == 200...210 && style.textColor == 0...0 && style.textOpacity == 255...255)
    #expect(style.dotCount == 0...50 && style.dotWidth == 2)
    #expect(style.arcCount == 0...3 && style.arcStart == 90...90 && style.arcEnd == 300...359)
    #expect(spec.datasets.mapValues(\.count) == [.train: 3000, .validation: 20, .test: 10])
    #expect(spec.shards.records == 100 && spec.shards.block == 10 && spec.shards.compression == 19)
    #expect(spec.model == .named(.seedCNN))
    #expect(spec.training.candidates == 4 && spec.training.imagesPerStep == 256)
    #expect(spec.training.laneCountMax == 32)
    #expect(spec.training.batch == 64 && spec.training.epochs == 3 && spec.training.checkpointEvery == 50)
    #expect(spec.training.optimizer == .adam && spec.training.weightDecay == 0)
    #expect(spec.training.schedule == .constant && spec.training.warmup == 0)
    #expect(spec.training.learningRate == 0.001)
    #expect(spec.training.labelSmoothing == 0 && spec.training.average == 0.999)
    #expect(spec.training.distortion == 0.25)
    #expect(spec.training.precision == .bfloat16)
    #expect(spec.evaluation.split == .validation)
  }

  @Test func captchaMayBeAListOfEntries() throws {
    let yaml = """
      name: mix
      captcha:
        - {weight: 3, charset: digits, length: [1, 4]}
        - {weight: 0.5, charset: "9ab", length: 6, font: DejaVu Sans}
        - {charset: digits, length: 2}
      datasets: {train: {count: 1000}}
      """
    let captcha = try PipelineSpec(yaml: yaml, path: "x.yaml").captcha
    #expect(captcha.entries.map(\.weight) == [3, 0.5, 1])
    #expect(captcha.entries.map(\.lengths) == [1...4, 6...6, 2...2])
    #expect(captcha.lengths == 1...6)
    #expect(captcha.charsets.map(\.text) == ["0123456789", "9ab"])
    #expect(captcha.alphabet.text == "0123456789ab")
    #expect(captcha.canonicalText.contains("1.weight=0.5\n1.style=\"image-captcha\"\n1.charset=\"9ab\"\n1.length=6\n"))
    #expect(captcha.canonicalText.contains("0.length=[1, 4]\n"))
  }

  @Test func anEntryMayBeOfSomeSplitsOnly() throws {
    let entries = "[{charset: digits, length: 4}, {charset: \"08\", length: 4, splits: [train, validation]}]"
    let captcha = try PipelineSpec(
      yaml: minimal.replacing("{charset: digits, length: 4}", with: entries), path: "x.yaml"
    ).captcha
    #expect(captcha.entries.map(\.splits) == [[.train, .validation, .test], [.train, .validation]])
    #expect(captcha.canonicalText.contains("1.splits=[\"train\", \"validation\"]\n"))
    #expect(!captcha.canonicalText.contains("0.splits"))
  }

  /// All that a file says, whatever its text.
  private func settings(of yaml: String) throws -> [AnyHashable] {
    let spec = try PipelineSpec(yaml: yaml, path: "x.yaml")
    return [
      spec.name, spec.seed, spec.captcha, spec.datasets, spec.shards, spec.model, spec.training, spec.evaluation,
    ]
  }

  @Test func aListOfOneEntryIsThatEntry() throws {
    let list = minimal.replacing("{charset: digits, length: 4}", with: "[{charset: digits, length: 4}]")
    #expect(try settings(of: list) == settings(of: minimal))
  }

  @Test(arguments: [("test", Split.test), ("validation", .validation)])
  func evaluationPrefersUnseenImages(name: String, split: Split) throws {
    let yaml = minimal.replacing("1000}}", with: "1000}, \(name): {count: 10}}")
    #expect(try PipelineSpec(yaml: yaml, path: "x.yaml").evaluation.split == split)
  }

  @Test(arguments: [
    "\u{FEFF}" + minimal, minimal.replacing("\n", with: "\r\n"), "%YAML 1.2\n---\n" + minimal + "\n...",
  ])
  func otherWaysToWriteTheSameTextAreRead(yaml: String) throws {
    #expect(try settings(of: yaml) == settings(of: minimal))
  }

  @Test(arguments: [
    ("digits", "0123456789"), ("upper+digits", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), ("rewol", "rewol"),
    ("+", "+"), ("digt+", "digt+"), ("0123", "0123"), ("éàü", "éàü"), ("e\u{301}", "\u{E9}"), ("验证码", "验证码"),
    ("αβγ", "αβγ"), ("#&*~", "#&*~"), ("😀한", "😀한"),
  ])
  func charsetIsNamesOrCharacters(charset: String, characters: String) throws {
    let text = try spec(charset: charset).captcha.alphabet.text
    #expect(Array(text.unicodeScalars) == Array(characters.unicodeScalars))
  }

  @Test(arguments: ["ab\u{301}", "\u{301}", "\u{1112}", "🇩", "a\u{200D}", "\u{A0}", "👍🏽", "e\u{301}é", "\u{7}"])
  func charsetRefusesWhatDoesNotStandAlone(charset: String) {
    #expect(throws: SpecError.self) { try spec(charset: charset) }
  }

  @Test func largestCharsetIsRead() throws {
    let characters = (0x4E00..<0x4E00 + 20_000).compactMap { UnicodeScalar($0).map(String.init) }.joined()
    #expect(try spec(charset: characters).captcha.alphabet.count == 20_000)
  }

  @Test func readsLayers() throws {
    let yaml = """
      name: x
      captcha: {charset: digits, length: 4}
      datasets: {train: {count: 1000}}
      model:
        layers:
          - convolution: {filters: 32, kernel: 5, stride: 2, bias: true}
          - batch-norm
          - relu
          - max-pool: {size: 3}
          - convolution: {filters: 8}
          - max-pool
          - linear: {units: 100}
          - dropout: {rate: 0.25}
          - dropout
      """
    guard case .layers(let layers) = try PipelineSpec(yaml: yaml, path: "x.yaml").model else {
      Issue.record("a model of layers is not named")
      return
    }
    #expect(
      layers.map(\.value) == [
        .convolution(filters: 32, kernel: 5, stride: 2, hasBias: true), .batchNorm, .relu, .maxPool(size: 3),
        .convolution(filters: 8, kernel: 3, stride: 1, hasBias: false), .maxPool(size: 2), .linear(units: 100),
        .dropout(rate: 0.25), .dropout(rate: 0.5),
      ])
    #expect(layers.compactMap(\.place?.line) == Array(6...14))
    #expect(layers[3].place?.description == "x.yaml:9: model.layers[3]")
  }
}
