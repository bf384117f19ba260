import Foundation
import Ranks
import Samples

/// What rank 0 asks the other ranks to do with it.
enum Assignment: Codable {
  case build(BuildAssignment)
  case train(TrainAssignment)
  case evaluate(EvaluateAssignment)
  /// The command is done.
  case finish
}

/// Shards to draw, dealt out to the ranks.
struct BuildAssignment: Codable {
  let split: Split
  let shards: [Shard]

  struct Shard: Codable {
    let number: Int
    let firstIndex: Int
    let recordCount: Int
  }
}

/// A training, at the point from which it goes on.
struct TrainAssignment: Codable {
  let runHash: String
  /// In the workspace.
  let shards: [String]
  /// nil without a validation split.
  let validationShards: [String]?
  /// nil to begin with the first step.
  let checkpoint: RecordedFile?
  /// Hash of the model whose weights the first step starts from; nil for random weights.
  let initialModel: String?
}

/// A split to predict.
struct EvaluateAssignment: Codable {
  let split: Split
  /// In the workspace.
  let shards: [String]
  /// nil for the model of the workspace.
  let otherModel: String?
  /// SHA-256 of the model, in hexadecimal.
  let modelHash: String
}

/// A file of the workspace.
struct RecordedFile: Codable {
  let file: String
  /// SHA-256, in hexadecimal.
  let hash: String
}

extension RankGroup {
  /// Rank 0 gives the other ranks, which wait for it, something to do.
  func assign(_ assignment: Assignment) throws {
    guard count > 1 else { return }
    _ = try agree { ((), [UInt8](try JSONEncoder().encode(assignment))) }
  }

  /// What rank 0 assigns next to the other ranks.
  func nextAssignment() throws -> Assignment {
    let (_, agreement) = try agree {}
    return try JSONDecoder().decode(Assignment.self, from: Data(agreement.attachments[0]))
  }
}
