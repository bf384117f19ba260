import Catalog
import Loader
import Samples

extension Workspace {
  /// The paths of a split's recorded shards, in order.
  /// - Throws: `PipelineError.missing` where none are recorded.
  func recordedShardPaths(of split: Split) throws -> [String] {
    let rows = try recordedCatalog()?.shards(of: split) ?? []
    guard !rows.isEmpty else {
      throw PipelineError.missing(
        stage: "the \(split.rawValue) split", remedy: "make it with `glyphline build` or `glyphline import`")
    }
    return rows.map { path(ofFile: $0.file) }
  }

  /// The samples of a split, for a program that has no spec.
  /// - Throws: `PipelineError.missing` where none are recorded, or `LoaderError`.
  package func recordedDataset(of split: Split) throws -> Dataset {
    try Dataset(paths: try recordedShardPaths(of: split))
  }
}
