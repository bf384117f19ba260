import Samples

/// A whole pipeline, as its spec file describes it. Defaults are set where the file is read, in this folder.
package struct PipelineSpec: Sendable, Hashable {
  /// The file, word for word.
  package let text: String
  /// Names the workspace folder: letters, digits, `-`, `_` and `.`, at most 64, not starting with `.`.
  package let name: String
  /// The seed of all random choices: samples, order, initial weights, dropout.
  package let seed: UInt64
  package let captcha: CaptchaSpec
  /// The pipeline's splits, `train` always among them.
  package let datasets: [Split: DatasetSpec]
  package let shards: ShardSpec
  package let model: ModelSpec
  package let training: TrainingSpec
  package let evaluation: EvaluationSpec
  /// A text for each key of the file that has no effect.
  package let notes: [String]

  /// The splits whose samples are drawn.
  package var drawnSplits: Set<Split> { Set(datasets.filter { $0.value != .imported }.keys) }
}

/// Where the samples of a split come from.
package enum DatasetSpec: Sendable, Hashable {
  /// Drawn by the generator: 1 ... 1,000,000,000 samples.
  case drawn(count: Int)
  /// Labelled image files, added by `glyphline import`.
  case imported

  /// The number of samples in the spec; nil where the import decides.
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
    /// Stop with an error that names the block.
    case stop
    /// Skip the block and record it.
    case skip
  }

  /// Records in each shard but the last: 1 ... 1,048,576.
  package let records: Int
  /// Records in each independently compressed block but the last: 1 ... 4,096.
  package let block: Int
  /// Zstandard level: 1 ... 19.
  package let compression: Int
  /// What training and evaluation do at a damaged block. It changes no shard.
  package let onCorrupt: OnCorrupt
}

/// The network.
package enum ModelSpec: Sendable, Hashable {
  package enum Name: String, Sendable, CaseIterable {
    /// dee1024's network, unchanged.
    case seedCNN = "seed-cnn"
    /// This project's network.
    case glyphnet
  }

  case named(Name)
  /// All layers but the output layer, which every model has.
  case layers([Located<LayerDescription>])
}

/// How the model is trained.
package struct TrainingSpec: Sendable, Hashable {
  package enum Schedule: String, Sendable, CaseIterable {
    case constant
    /// Rises from a small rate to `learning_rate`, then falls almost to 0.
    case oneCycle = "one-cycle"
  }
  package enum Precision: String, Sendable, CaseIterable {
    /// bfloat16 where the CPU computes with it, else float32.
    case automatic = "auto"
    case float32
    case bfloat16
  }

  /// The most images that a step infers or trains on; limits the memory.
  package static let imagesPerStepMax = 4096
  /// Enough for eight cores, but few enough that lanes of a usual batch make large matrices and cheap sums over images,
  /// and shares of a large layer make efficient matrix products.
  package static let usualLaneCount = 8

  /// Images that a step trains on: 1 ... 4,096.
  package let batch: Int
  /// Images that a step infers for each one that it trains on, the hardest of them: 1 ... 64. With 1, it infers none.
  package let candidates: Int
  /// The most lanes of a batch and shares of a linear layer: 1 ... 64. It changes the rounding of sums over images.
  package let laneCountMax: Int
  /// Passes over the train split: 1 ... 10,000.
  package let epochs: Int
  package let optimizer: OptimizerForm
  /// The highest rate of the schedule: above 0, at most 1.
  package let learningRate: Double
  /// Decoupled weight decay: 0 ... 1; 0 for an optimizer that decays no weights.
  package let weightDecay: Double
  package let schedule: Schedule
  /// Fraction of all steps in which a one-cycle rate rises: 0 ... 1; 0 for `constant`.
  package let warmup: Double
  /// The fraction of each target that is spread evenly over all classes: 0 ... 0.5; 0 for `seed-cnn`.
  package let labelSmoothing: Double
  /// The fraction of the running average of all weights that a step keeps: 0 ... 0.99999; 0 for no average.
  package let average: Double
  /// How far an image's corners move at random whenever a step trains on it, as a fraction of its height: 0 ... 0.5.
  package let distortion: Double
  package let precision: Precision
  /// Steps from one checkpoint to the next: 1 ... 1,000,000.
  package let checkpointEvery: Int

  /// Images that a step chooses its batch from.
  package var imagesPerStep: Int { batch * candidates }
}

package struct EvaluationSpec: Sendable, Hashable {
  /// A split that the pipeline has.
  package let split: Split
}
