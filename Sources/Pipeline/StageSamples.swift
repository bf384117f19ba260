import Loader
import Samples
import Shards

extension Pipeline {
  /// The samples of a split, which must be there.
  func requireSplit(_ split: Split, for purpose: String) throws -> SplitData {
    let request = try buildRequest(split)
    let recorded = try catalog.stage(named: request.name)
    let count = try catalog.sampleCount(of: split)
    guard let dataset = spec.datasets[split], recorded?.contentHash == request.hash.description,
      recorded?.state == .done, count == dataset.count ?? count
    else {
      throw PipelineError.missing(
        stage: "the \(split.rawValue) split that \(purpose) needs", remedy: remedy(forMissing: split))
    }
    return SplitData(request: request, count: count)
  }

  func dataset(of split: Split) throws -> Dataset {
    let paths = try catalog.shards(of: split).map { workspace.path(ofFile: $0.file) }
    let dataset = try readingSamples { try Dataset(paths: paths) }
    let captcha = spec.captcha
    guard dataset.geometry == captcha.geometry, dataset.alphabet == captcha.alphabet,
      dataset.labelCapacity == captcha.lengths.upperBound
    else { throw PipelineError.unusableShards(.foreign(path: paths[0])) }
    return dataset
  }

  /// What `body` returns; where it comes upon a shard that cannot be read, the error says how to have it again.
  func readingSamples<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as ShardError {
      throw PipelineError.unusableShards(.shard(error))
    } catch let error as LoaderError {
      throw PipelineError.unusableShards(error)
    }
  }
}
