import Foundation
import Samples

// Every key of the spec file, with its allowed values and its default. Those under `captcha` are in
// CaptchaReader.swift, those under `model` in ModelReader.swift, and those of a layer in the layer's own file.
// Schemas/pipeline.schema.json says the same to editors; a test compares the two.

extension PipelineSpec {
  enum Key: String, SpecKey { case name, seed, captcha, datasets, shards, model, training, evaluation }

  /// Reads a spec file.
  /// - Throws: `SpecError`, `unreadable` where the file does not exist or cannot be read.
  package init(contentsOf path: String, vocabulary: SpecVocabulary) throws(SpecError) {
    try self.init(yaml: SpecParser(path: path).readText(), path: path, vocabulary: vocabulary)
  }

  /// Reads the text of a spec file.
  /// - Parameter path: The name of the file in errors.
  package init(yaml: String, path: String, vocabulary: SpecVocabulary) throws(SpecError) {
    try self.init(SpecMapping(root: SpecParser(path: path).parse(yaml), path: path), vocabulary, text: yaml)
  }

  private init(_ file: SpecMapping<Key>, _ vocabulary: SpecVocabulary, text: String) throws(SpecError) {
    self.text = text
    name = try file.text(.name, allowed: "1 to 64 letters, digits, -, _ and ., not starting with .") {
      $0.wholeMatch(of: /[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}/) != nil
    }
    seed = try file.wholeNumber(.seed, in: 0...UInt64.max, default: 0)
    let datasets = try file.mapping(.datasets, of: Split.self)
    self.datasets = try DatasetSpec.all(in: datasets)
    let drawnSplits = Set(self.datasets.filter { $0.value != .imported }.keys)
    var notes: [String] = []
    captcha = try CaptchaSpec(
      file.mappings(.captcha, of: CaptchaSpec.Key.self), drawnSplits: drawnSplits, notes: &notes)
    self.notes = notes
    let shown = Set(captcha.entries.flatMap(\.splits))
    for split in drawnSplits.sorted() where !shown.contains(split) {
      throw datasets.mismatch(
        split, found: "a count of samples",
        allowed: "\(shown.sorted().map(\.rawValue).joined(separator: " or ")), the splits that captcha has entries for")
    }
    shards = try ShardSpec(file.mapping(.shards, of: ShardSpec.Key.self), of: captcha.geometry)
    model = try ModelSpec(file.mapping(.model, of: ModelSpec.Key.self), layers: vocabulary.layers)
    training = try TrainingSpec(
      file.mapping(.training, of: TrainingSpec.Key.self), optimizers: vocabulary.optimizers, model: model,
      trainCount: self.datasets[.train]?.count)
    evaluation = try EvaluationSpec(
      file.mapping(.evaluation, of: EvaluationSpec.Key.self), splits: datasets.keys)
  }
}

extension Split: SpecKey {}

extension DatasetSpec {
  enum Key: String, SpecKey { case count }

  private init(_ split: Split, of mapping: SpecMapping<Split>) throws(SpecError) {
    if try mapping.holds("imported", under: split, inPlaceOf: Key.self) {
      self = .imported
    } else {
      self = .drawn(count: try mapping.mapping(split, of: Key.self).wholeNumber(.count, in: 1...1_000_000_000))
    }
  }

  /// The splits in the file, and `train`, which is required.
  static func all(in mapping: SpecMapping<Split>) throws(SpecError) -> [Split: DatasetSpec] {
    var datasets: [Split: DatasetSpec] = [:]
    for split in Set(mapping.keys + [.train]).sorted() {
      datasets[split] = try DatasetSpec(split, of: mapping)
    }
    return datasets
  }
}

extension ShardSpec {
  enum Key: String, SpecKey {
    case records, block, compression
    case onCorrupt = "on_corrupt"
  }

  /// Each decoding thread holds several blocks in memory.
  private static let blockByteCountMax = 64 << 20

  init(_ mapping: SpecMapping<Key>, of geometry: Geometry) throws(SpecError) {
    records = try mapping.wholeNumber(.records, in: 1...1_048_576, default: 8192)
    block = try mapping.wholeNumber(.block, in: 1...4096, default: 64)
    compression = try mapping.wholeNumber(.compression, in: 1...19, default: 1)
    onCorrupt = try mapping.choice(.onCorrupt, default: .stop)
    let fitting = min(records, Self.blockByteCountMax / geometry.byteCount)
    guard block <= fitting else {
      throw mapping.mismatch(
        .block, found: block,
        allowed: "at most \(fitting), as a shard has \(records) records and a block 64 MiB of pixels")
    }
  }
}

extension TrainingSpec {
  enum Key: String, SpecKey {
    case batch, candidates, lanes, epochs, optimizer
    case learningRate = "learning_rate"
    case weightDecay = "weight_decay"
    case schedule, warmup
    case labelSmoothing = "label_smoothing"
    case average, distortion, precision
    case checkpointEvery = "checkpoint_every"
  }

  private static let usualOptimizer = "muon"

  /// - Parameters:
  ///   - optimizers: All optimizers.
  ///   - trainCount: Samples of the train split; nil where the import decides.
  init(
    _ mapping: SpecMapping<Key>, optimizers: [OptimizerForm], model: ModelSpec, trainCount: Int?
  ) throws(SpecError) {
    batch = try mapping.wholeNumber(.batch, in: 1...Self.imagesPerStepMax, default: 64)
    candidates = try mapping.wholeNumber(.candidates, in: 1...64, default: 1)
    laneCountMax = try mapping.wholeNumber(.lanes, in: 1...64, default: Self.usualLaneCount)
    epochs = try mapping.wholeNumber(.epochs, in: 1...10_000, default: 1)
    optimizer = try mapping.choice(
      .optimizer, among: optimizers, word: \.word, default: optimizers.first { $0.word == Self.usualOptimizer })
    learningRate = try mapping.number(.learningRate, above: 0, upTo: 1, default: 0.006)
    weightDecay = try mapping.number(.weightDecay, in: 0...1, default: optimizer.decaysWeights ? 0.05 : 0)
    schedule = try mapping.choice(.schedule, default: .oneCycle)
    warmup = try mapping.number(.warmup, in: 0...1, default: schedule == .constant ? 0 : 0.15)
    labelSmoothing = try mapping.number(.labelSmoothing, in: 0...0.5, default: 0)
    average = try mapping.number(.average, in: 0...0.99999, default: 0)
    distortion = try mapping.number(.distortion, in: 0...0.5, default: 0)
    precision = try mapping.choice(.precision, default: .automatic)
    checkpointEvery = try mapping.wholeNumber(.checkpointEvery, in: 1...1_000_000, default: 500)

    if let trainCount, batch > trainCount {
      throw mapping.mismatch(.batch, found: batch, allowed: "at most \(trainCount), the count of datasets.train")
    }
    let available = min(trainCount ?? Self.imagesPerStepMax, Self.imagesPerStepMax)
    guard imagesPerStep <= available else {
      throw mapping.mismatch(
        .candidates, found: candidates,
        allowed: "at most \(available / batch), as a batch has \(counted(batch, "image")) "
          + "and a step can infer \(available)")
    }
    guard optimizer.decaysWeights || weightDecay == 0 else {
      throw mapping.mismatch(
        .weightDecay, found: weightDecay, allowed: "0 with optimizer \(optimizer.word), any with another")
    }
    guard schedule != .constant || warmup == 0 else {
      throw mapping.mismatch(.warmup, found: warmup, allowed: "0 with schedule constant, any with one-cycle")
    }
    guard model != .named(.seedCNN) || labelSmoothing == 0 else {
      throw mapping.mismatch(
        .labelSmoothing, found: labelSmoothing, allowed: "0 with model seed-cnn, whose loss has none")
    }
  }
}

extension EvaluationSpec {
  enum Key: String, SpecKey { case split }

  /// - Parameter splits: The splits under `datasets`.
  init(_ mapping: SpecMapping<Key>, splits: [Split]) throws(SpecError) {
    let preferred = [Split.test, .validation].first { splits.contains($0) } ?? .train
    split = try mapping.choice(.split, default: preferred)
    guard splits.contains(split) else {
      let allowed = splits.map(\.rawValue).joined(separator: " or ")
      throw mapping.mismatch(.split, found: split.rawValue, allowed: "\(allowed), the splits under datasets")
    }
  }
}
