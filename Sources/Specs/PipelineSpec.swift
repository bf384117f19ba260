import Samples

/// A whole pipeline, as its spec file describes it. Every default is in this folder, where the file is read.
package struct PipelineSpec: Sendable, Hashable {
  /// The file, word for word.
  package let text: String
  /// Names the workspace folder: letters, digits, `-`, `_` and `.`, at most 64, not starting with `.`.
  package let name: String
  /// Where every random choice of the pipeline starts: samples, order, initial weights, dropout.
  package let seed: UInt64
  package let captcha: CaptchaSpec
  /// The splits that the pipeline has; `train` is always among them.
  package let datasets: [Split: DatasetSpec]
  package let shards: ShardSpec
  package let model: ModelSpec
  package let training: TrainingSpec
  package let evaluation: EvaluationSpec
}

/// Where the samples of a split come from.
package enum DatasetSpec: Sendable, Hashable {
  /// The generator: 1 ... 1,000,000,000 samples.
  case drawn(count: Int)
  /// Labelled image files, which `glyphline import` brings in.
  case imported

  /// How many samples the spec asks for; nil where that is up to the import.
  package var count: Int? {
    switch self {
    case .drawn(let count): count
    case .imported: nil
    }
  }
}

/// How samples are packed into shard files.
package struct ShardSpec: Sendable, Hashable {
  package enum OnCorrupt: String, Sendable, CaseIterable {
    /// Reading stops with the block's place.
    case stop
    /// Reading goes on without the block, which is recorded.
    case skip
  }

  /// Records in each shard but the last: 1 ... 1,048,576.
  package let records: Int
  /// Records in each independently compressed block but the last: 1 ... 4,096.
  package let block: Int
  /// Zstandard level: 1 ... 19.
  package let compression: Int
  /// What training and evaluation do about a damaged block. It changes no shard.
  package let onCorrupt: OnCorrupt
}

/// The network.
package enum ModelSpec: Sendable, Hashable {
  package enum Name: String, Sendable, CaseIterable {
    /// dee1024's network, to the letter.
    case seedCNN = "seed-cnn"
    /// Ours.
    case glyphnet
  }

  case named(Name)
  /// All layers but the output layer, which every model has.
  case layers([Located<LayerDescription>])
}

/// How the model learns.
package struct TrainingSpec: Sendable, Hashable {
  package enum Schedule: String, Sendable, CaseIterable {
    case constant
    /// From a small rate up to `learning_rate` and down to almost nothing.
    case oneCycle = "one-cycle"
  }
  package enum Precision: String, Sendable, CaseIterable {
    /// bfloat16 where the CPU computes with it, else float32.
    case automatic = "auto"
    case float32
    case bfloat16
  }

  /// The most images that a step looks at, so that they take little memory.
  package static let imagesPerStepMax = 4096
  /// Enough for eight cores, and few enough that a lane's part of a usual batch keeps the sums over images cheap and
  /// matrices large, and a share's part of a large layer keeps a matrix product busy.
  package static let usualLaneCount = 8

  /// Images that a step learns from: 1 ... 4,096.
  package let batch: Int
  /// Images that a step looks at, for each one that it learns from, which are those read worst: 1 ... 64.
  package let candidates: Int
  /// Parts that a batch is cut into, and the work on a linear layer, for threads to share, at most: 1 ... 64. Sums over
  /// images are rounded otherwise with another number.
  package let laneCountMax: Int
  /// Passes over the train split: 1 ... 10,000.
  package let epochs: Int
  package let optimizer: OptimizerForm
  /// The highest rate of the schedule: above 0, at most 1.
  package let learningRate: Double
  /// Decoupled weight decay: 0 ... 1; 0 for an optimizer that decays no weights.
  package let weightDecay: Double
  package let schedule: Schedule
  /// Share of all steps in which a one-cycle rate rises: 0 ... 1; 0 for `constant`.
  package let warmup: Double
  /// The share of each target that is spread evenly over all classes: 0 ... 0.5; 0 for `seed-cnn`.
  package let labelSmoothing: Double
  /// The share of the running average of all weights that a step keeps: 0 ... 0.99999; 0 for no average.
  package let average: Double
  /// How far the corners of an image move at random whenever it is learned from, as a share of its height: 0 ... 0.5.
  package let distortion: Double
  package let precision: Precision
  /// Steps from one checkpoint to the next: 1 ... 1,000,000.
  package let checkpointEvery: Int

  /// Images that a step looks at.
  package var imagesPerStep: Int { batch * candidates }
}

package struct EvaluationSpec: Sendable, Hashable {
  /// A split that the pipeline has.
  package let split: Split
}
