import Catalog
import Evaluation
import Files
import Kernels
import Loader
import Samples
import Workers

/// Another program's prediction for one sample.
package struct SampleAnswer: Sendable {
  /// The sample's index in its split.
  package let index: UInt64
  package let text: String
  /// The model's probability of `text`: 0 ... 1.
  package let confidence: Double

  package init(index: UInt64, text: String, confidence: Double) {
    self.index = index
    self.text = text
    self.confidence = confidence
  }
}

/// Records the predictions of another program's model in the catalog, as those of an own model are.
/// - Parameters:
///   - path: A file that holds the model; its SHA-256 identifies the model.
///   - answers: One for each sample of the split, in any order.
///   - version: The version of this program.
/// - Throws: `FileError`, `PipelineError.missing` where the split is not recorded, `PipelineError.wrongAnswers` where the
///   answers are not one for each sample, `LockError.held` where a command works in the workspace, and errors of the
///   shards and the catalog.
package func recordEvaluation(
  ofModel path: FilePath, _ answers: [SampleAnswer], on split: Split, in workspace: Workspace, version: String
) throws -> AccuracyRow {
  let file = try ReadableFile(path)
  let modelHash = ContentHash(of: try file.read(at: 0, count: file.byteCount)).description
  let result = try EvaluationResult(answers, on: try workspace.recordedDataset(of: split))
  let session = try Session(workspace, fileSystem: SystemFileSystem(), cancellation: Cancellation()) { _ in }
  let run = RunRow(
    command: "record the evaluation of \(path) on \(split.rawValue)", version: version, cpu: try makeBackend().name,
    threads: 1, precision: nil)
  return try session.recording(run) {
    let row = EvaluationRow(result, modelHash: modelHash, split: split)
    return AccuracyRow(
      evaluation: try session.catalog.recordEvaluation(row), modelHash: modelHash, split: split,
      accuracy: result.accuracy)
  }
}

extension EvaluationResult {
  fileprivate init(_ answers: [SampleAnswer], on dataset: Dataset) throws {
    func wrong(_ reason: String) -> PipelineError { .wrongAnswers(split: dataset.split, reason: reason) }
    let texts = Dictionary(answers.map { ($0.index, $0) }) { first, _ in first }
    guard texts.count == answers.count else { throw wrong("a sample has two answers") }
    guard answers.count == dataset.sampleCount else {
      throw wrong("\(counted(answers.count, "answer")) for \(counted(dataset.sampleCount, "sample"))")
    }
    // As in the catalog, a character is one Unicode scalar. A model may predict some that no label has.
    func characters(_ text: String) -> [Character] { text.unicodeScalars.map { Character($0) } }
    let known = Set(dataset.alphabet.characters)
    let unknown = Set(answers.lazy.flatMap { characters($0.text) }).subtracting(known)
    let alphabet = try Alphabet(dataset.alphabet.characters + unknown.sorted())
    let longest = answers.reduce(dataset.labelCapacity) { max($0, $1.text.unicodeScalars.count) }
    self.init(positions: longest, alphabet: alphabet)
    let loader = try BatchLoader(dataset, order: .sequential, batchSize: 128, threadCount: 1)
    while let batch = try loader.next() {
      for (row, index) in batch.indices.enumerated() {
        guard let answer = texts[index] else { throw wrong("sample \(index) has no answer") }
        let predicted = Label(classes: characters(answer.text).compactMap { alphabet.index(of: $0) })
        add(
          SamplePrediction(
            index: index, truth: batch.label(ofRow: row), predicted: predicted, confidence: answer.confidence))
      }
    }
  }
}
