import Catalog
import Loader
import Samples

extension Workspace {
  /// The stage that made a split, and the paths of its recorded shards in order.
  /// - Throws: `PipelineError.missing` where none are recorded.
  func recorded(_ split: Split) throws -> (stage: StageRow, shardPaths: [String]) {
    let catalog = try recordedCatalog()
    let rows = try catalog?.shards(of: split) ?? []
    guard let stage = try catalog?.stage(named: split.stageName), !rows.isEmpty else {
      throw PipelineError.missing(
        stage: "the \(split.rawValue) split", remedy: "make it with `glyphline build` or `glyphline import`")
    }
    return (stage, rows.map { path(ofFile: $0.file) })
  }

  /// The samples of a split, for a program that has no spec.
  /// - Throws: `PipelineError.missing` where none are recorded, or `LoaderError`.
  package func recordedDataset(of split: Split) throws -> Dataset { try Dataset(paths: try recorded(split).shardPaths) }
}
