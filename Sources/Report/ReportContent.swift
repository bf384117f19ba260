import Catalog
import Samples

/// Everything that a report shows of one evaluation of a pipeline.
package struct ReportContent: Sendable {
  /// An image with its prediction and the likeliest characters of each position.
  package struct Reading: Sendable {
    /// A character with its probability at one position.
    package struct Candidate: Sendable {
      package let character: String
      /// 0 ... 1
      package let probability: Double

      package init(character: String, probability: Double) {
        self.character = character
        self.probability = probability
      }
    }

    package let sampleIndex: Int
    package let image: Image
    package let truth: String
    package let predicted: String
    package let confidence: Double
    /// [position, candidate], the likeliest first.
    package let candidates: [[Candidate]]

    package init(
      sampleIndex: Int, image: Image, truth: String, predicted: String, confidence: Double, candidates: [[Candidate]]
    ) {
      self.sampleIndex = sampleIndex
      self.image = image
      self.truth = truth
      self.predicted = predicted
      self.confidence = confidence
      self.candidates = candidates
    }
  }

  package struct Pair: Sendable {
    package let row: ConfusedPairRow
    package let examples: [Reading]

    package init(row: ConfusedPairRow, examples: [Reading]) {
      self.row = row
      self.examples = examples
    }
  }

  /// A row of the table about the dataset or the model.
  package struct Fact: Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package let pipeline: String
  package let evaluation: AccuracyRow
  package let curve: [CurvePointRow]
  /// In class order; last the empty text, which stands for the end of a label.
  package let characters: [String]
  package let confusion: [ConfusionShareRow]
  package let pairs: [Pair]
  package let characterAccuracy: [TallyRow]
  package let positionAccuracy: [TallyRow]
  package let calibration: [CalibrationRow]
  package let calibrationError: Double
  /// Wrongly predicted images, the highest confidence first.
  package let mistakes: [Reading]
  package let dataset: [Fact]
  package let model: [Fact]
  package let runs: [RunRecord]
  /// The spec file, word for word.
  package let spec: String

  package init(
    pipeline: String, evaluation: AccuracyRow, curve: [CurvePointRow], characters: [String],
    confusion: [ConfusionShareRow], pairs: [Pair], characterAccuracy: [TallyRow], positionAccuracy: [TallyRow],
    calibration: [CalibrationRow], calibrationError: Double, mistakes: [Reading], dataset: [Fact], model: [Fact],
    runs: [RunRecord], spec: String
  ) {
    self.pipeline = pipeline
    self.evaluation = evaluation
    self.curve = curve
    self.characters = characters
    self.confusion = confusion
    self.pairs = pairs
    self.characterAccuracy = characterAccuracy
    self.positionAccuracy = positionAccuracy
    self.calibration = calibration
    self.calibrationError = calibrationError
    self.mistakes = mistakes
    self.dataset = dataset
    self.model = model
    self.runs = runs
    self.spec = spec
  }
}
