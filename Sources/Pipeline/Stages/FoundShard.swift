import Catalog
import Samples
import Shards

/// A shard file with the rows that the catalog would have for it. All of it was read and is undamaged.
struct FoundShard: Sendable {
  let header: ShardHeader
  let row: ShardRow
  let samples: [SampleRow]

  private init(_ reader: ShardReader, number: Int, file: String) throws(ShardError) {
    header = reader.header
    row = ShardRow(reader, number: number, file: file)
    samples = try reader.map { SampleRow(charset: $0.charset, label: $0.label, seed: $0.seed) }
  }

  /// The file of a planned shard; nil where there is none, or it is damaged or another shard.
  init?(_ plan: ShardPlan, in workspace: Workspace) {
    let file = workspace.shardFile(plan.header.split, number: plan.number)
    guard let reader = try? ShardReader(workspace.path(ofFile: file)), reader.header == plan.header,
      let shard = try? FoundShard(reader, number: plan.number, file: file)
    else { return nil }
    self = shard
  }

  /// Reads a shard; fails where it is damaged, or not of the stage.
  static func read(
    _ number: Int, of stage: any SampleStage, _ inputs: StageInputs, in workspace: Workspace
  ) -> Result<FoundShard, StorageFault> {
    let file = workspace.shardFile(stage.split, number: number)
    let path = workspace.path(ofFile: file)
    do throws(ShardError) {
      let reader = try ShardReader(path)
      guard stage.owns(reader.header, inputs) else {
        return .failure(StorageFault(file: path, problem: "it was made for another spec or split"))
      }
      return .success(try FoundShard(reader, number: number, file: file))
    } catch {
      return .failure(StorageFault(error))
    }
  }
}
