import Catalog
import Evaluation
import Foundation
import Samples
import Testing

/// `Docs/queries.md` in the bare `sqlite3` shell.
@Suite("The queries of the docs", .needsSQLiteShell)
struct QueryPageTests {
  /// The SQL blocks of the page, each with its place for a failure's message.
  private static let queries: [String] = {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/queries.md")
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "```sql\n").dropFirst().map { part in
      part.components(separatedBy: "```")[0]
    }
  }()

  @Test("are there") func exist() { #expect(Self.queries.count >= 10) }

  @Test("each give an answer", arguments: queries) func answer(query: String) throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(folder.catalog(), for: .write)
    let recording = try PipelineRecording()
    _ = try recording.recordAll(in: catalog)
    // Another evaluation, so that there are two to compare: one whose first answers are all wrong.
    let worse = recording.evaluation.predictions.map { prediction in
      PredictionRow(
        sampleIndex: prediction.sampleIndex, predicted: prediction.sampleIndex < 10 ? "0000" : prediction.predicted,
        isExact: prediction.sampleIndex >= 10 && prediction.isExact, confidence: prediction.confidence)
    }
    _ = try catalog.recordEvaluation(
      EvaluationRow(
        modelHash: "worse", split: .test, caseFoldedExact: recording.accuracy.caseFoldedExact, predictions: worse,
        confusion: recording.evaluation.confusion))
    for statement in query.components(separatedBy: ";\n") where !statement.allSatisfy(\.isWhitespace) {
      #expect(try !SQLiteShell.rows(statement, in: folder.catalog()).isEmpty, "\(statement)")
    }
  }
}
