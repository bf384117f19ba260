import Catalog
import Samples

/// Everything that the report of one evaluation of a pipeline shows.
package struct ReportPage: Sendable {
  /// A wrongly predicted image.
  package struct Example: Sendable {
    package let row: MistakeRow
    package let image: Image
    /// The likeliest characters of each position: [position, candidate], with probabilities of 0 ... 1.
    package let candidates: [[(character: String, probability: Double)]]

    package init(_ row: MistakeRow, image: Image, candidates: [[(character: String, probability: Double)]]) {
      self.row = row
      self.image = image
      self.candidates = candidates
    }
  }

  /// A row of the table about the dataset or the model.
  package typealias Fact = (name: String, value: String)

  package let pipeline: String
  package let evaluation: AccuracyRow
  package let curve: [CurvePointRow]
  /// In class order; last the empty text, which stands for the end of a label.
  package let characters: [String]
  package let confusion: [ConfusionShareRow]
  /// The most frequent mistakes, worst first.
  package let pairs: [(row: ConfusedPairRow, examples: [Example])]
  package let characterAccuracy: [TallyRow]
  package let positionAccuracy: [TallyRow]
  package let calibration: [CalibrationRow]
  package let calibrationError: Double
  /// Wrongly predicted images, the highest confidence first.
  package let mistakes: [Example]
  package let dataset: [Fact]
  package let model: [Fact]
  package let runs: [RunRecord]
  /// The spec file, word for word.
  package let spec: String

  package init(
    pipeline: String, evaluation: AccuracyRow, curve: [CurvePointRow], characters: [String],
    confusion: [ConfusionShareRow], pairs: [(row: ConfusedPairRow, examples: [Example])],
    characterAccuracy: [TallyRow], positionAccuracy: [TallyRow], calibration: [CalibrationRow],
    calibrationError: Double, mistakes: [Example], dataset: [Fact], model: [Fact], runs: [RunRecord], spec: String
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
