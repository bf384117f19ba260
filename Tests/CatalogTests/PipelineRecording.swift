import Catalog
import Evaluation
import Foundation
import Samples

/// A small pipeline's worth of records, the same every time: 100 test samples in four shards, 30 training steps with
/// checkpoints at 10 and 20, and one evaluation.
struct PipelineRecording {
  static let stepCount = 30
  static let positionCount = 4
  static let modelHash = "model"
  let alphabet: Alphabet
  /// Of each sample, in order.
  let labels: [Label]
  let predictions: [Label]
  let accuracy: Accuracy
  let confusion: ConfusionCounts

  /// - Parameter characters: What the labels are written in.
  init(characters: String = "0123ABCDabcdÄäΩ中") throws {
    let alphabet = try Alphabet(characters)
    var random = RandomStream(seed: 20_200_605, stream: 0)
    var labels: [Label] = []
    var predictions: [Label] = []
    var accuracy = Accuracy()
    var confusion = ConfusionCounts(positions: Self.positionCount)
    for _ in 0..<100 {
      let truth = Label(classes: (0..<Self.positionCount).map { _ in UInt16(random.next(below: alphabet.count)) })
      var predicted = truth
      for position in 0..<Self.positionCount where random.next(below: 5) == 0 {
        predicted.classes[position] = UInt16(random.next(below: alphabet.count))
      }
      labels.append(truth)
      predictions.append(predicted)
      accuracy.add(truth: truth, predicted: predicted, alphabet: alphabet)
      confusion.add(truth: truth, predicted: predicted)
    }
    self.alphabet = alphabet
    self.labels = labels
    self.predictions = predictions
    self.accuracy = accuracy
    self.confusion = confusion
  }

  /// Shard `number` of four: 30, 30, 30 and 10 samples.
  func shard(_ number: Int) -> (row: ShardRow, samples: [SampleRow]) {
    let indices = number * 30..<min(number * 30 + 30, labels.count)
    let samples = indices.map { index in
      SampleRow(label: labels[index], seed: Split.test.seed(ofSample: UInt64(index), pipelineSeed: 7))
    }
    let row = ShardRow(
      split: .test, number: number, file: "shards/test-0000\(number).shard.zst", firstIndex: UInt64(indices.lowerBound),
      records: indices.count, byteCount: 1000 + number, contentHash: "shard-\(number)")
    return (row, samples)
  }

  func recordShards(_ numbers: Range<Int> = 0..<4, in catalog: Catalog) throws {
    for number in numbers {
      let (row, samples) = shard(number)
      try catalog.recordShard(row, modified: 1, charsets: [alphabet], samples: samples)
    }
  }

  /// - Parameter imagesPerSecond: What was measured, which differs from run to run.
  func metrics(_ steps: ClosedRange<Int>, imagesPerSecond: Double) -> [MetricRow] {
    steps.map { step in
      MetricRow(
        step: step, epoch: (step - 1) / 10, images: step * 128, loss: 4 / Double(step),
        learningRate: 0.003 / Double(step), accuracy: 0.5,
        imagesPerSecond: imagesPerSecond)
    }
  }

  func checkpoint(atStep step: Int) -> CheckpointRow {
    CheckpointRow(
      step: step, file: "checkpoints/step-0000000\(step).safetensors", contentHash: "checkpoint-\(step)",
      loss: 4 / Double(step))
  }

  func recordTraining(from firstStep: Int = 1, to lastStep: Int = stepCount, rate: Double, in catalog: Catalog) throws {
    var step = firstStep
    while step <= lastStep {
      let end = min(lastStep, (step + 9) / 10 * 10)
      let metrics = metrics(step...end, imagesPerSecond: rate)
      if end % 10 == 0 && end < Self.stepCount {
        try catalog.recordCheckpoint(
          checkpoint(atStep: end), metrics: metrics, validation: ValidationRow(step: end, images: 20, exact: end / 2))
      } else {
        try catalog.recordMetrics(metrics)
      }
      step = end + 1
    }
  }

  var evaluation: EvaluationRow {
    let rows = predictions.indices.map { index in
      PredictionRow(
        sampleIndex: UInt64(index), predicted: alphabet.text(of: predictions[index]),
        isExact: predictions[index] == labels[index], confidence: Double(index % 21) / 20)
    }
    let confusion = confusion.entries.map { cell, count in
      ConfusionRow(
        position: cell.position, truth: alphabet.characters[Int(cell.truth)],
        predicted: alphabet.characters[Int(cell.predicted)], count: count)
    }
    return EvaluationRow(
      modelHash: Self.modelHash, split: .test, caseFoldedExact: accuracy.caseFoldedExact, predictions: rows,
      confusion: confusion)
  }

  func stage(_ name: String, _ state: StageRow.State) -> StageRow {
    StageRow(name: name, contentHash: "hash of \(name)", state: state, spec: "spec of \(name)", result: nil)
  }

  /// Records everything, uninterrupted, and returns the evaluation's number.
  @discardableResult
  func recordAll(in catalog: Catalog) throws -> Int {
    let run = RunRow(command: "run", version: "1", cpu: "test", threads: 2, precision: "float32")
    let id = try catalog.startRun(run, at: Date(timeIntervalSince1970: 1_600_000_000))
    try catalog.restartBuild(stage("build test", .running), of: .test)
    try recordShards(in: catalog)
    try catalog.recordStage(stage("build test", .done))
    try catalog.restartTraining(stage("train", .running))
    try recordTraining(rate: 1000, in: catalog)
    try catalog.recordStage(stage("train", .done))
    let evaluation = try catalog.recordEvaluation(evaluation)
    try catalog.finishRun(id, .done, at: Date(timeIntervalSince1970: 1_600_000_100))
    return evaluation
  }
}
