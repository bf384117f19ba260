import Catalog
import Files
import Network
import Samples

/// The model card of an exported model: Markdown after a head in YAML that the Hugging Face Hub reads.
struct ModelCard {
  private let model: ModelDescription
  private let plan: NetworkPlan
  private let hash: ContentHash
  /// Of the evaluations on each split that the catalog has of this model file.
  private let accuracies: [AccuracyRow]
  /// What it was trained with; nil where the catalog does not say.
  private let training: Training?
  private let version: String

  /// The recorded training of a model.
  private struct Training {
    let inputs: RecordedInputs
    /// Of the train split as it is recorded now; nil where the model was trained on another.
    let samples: RecordedInputs?
  }

  /// - Parameters:
  ///   - catalog: Of the workspace that holds the model file; nil where there is none.
  ///   - version: Of this program.
  init(of file: ModelFile, catalog: Catalog?, version: String) throws {
    (model, hash, self.version) = (file.description, try file.hash(), version)
    plan = try NetworkPlan(file.description)
    let hash = hash.description
    accuracies = try Split.allCases.compactMap { try catalog?.accuracy(ofModel: hash, on: $0) }
    training = try catalog?.stage(named: "train").flatMap { stage in
      guard stage.result == hash else { return nil }
      let inputs = RecordedInputs(stage.spec)
      let samples = try catalog?.stage(named: Split.train.stageName)
      let isTrainedOn = samples.map { $0.contentHash == inputs.value("samples") } ?? false
      return Training(inputs: inputs, samples: isTrainedOn ? samples.map { RecordedInputs($0.spec) } : nil)
    }
  }

  var text: String {
    [head, summary, usage, layers, trainingText, accuracyText, limits].joined(separator: "\n\n") + "\n"
  }

  private var head: String {
    """
    ---
    library_name: onnx
    pipeline_tag: image-to-text
    tags:
    - captcha
    - ocr
    - onnx
    ---
    """
  }

  /// The size and colour of its images.
  private var images: String {
    "\(model.input.format == .gray ? "gray" : "RGB") images of \(model.input.width) x \(model.input.height) pixels"
  }

  private var summary: String {
    """
    # \(model.name)

    A network that predicts the text of text captchas: from \(images), \(characterCount(model.lengths)) of the charset \
    \(code(model.alphabet.text)) (\(counted(model.alphabet.count, "character"))). Glyphline \(version) exported it \
    from the model file with the SHA-256 `\(hash)`.
    """
  }

  private var usage: String {
    let (input, classes) = (model.input, model.alphabet.count)
    let end =
      model.hasBlank ? " Class \(classes) means that the text has ended: it ends before the first such position." : ""
    let gray =
      input.format == .gray ? " Colour images become gray by (299 red + 587 green + 114 blue) / 1000." : ""
    return """
      ## Input and output

      | | name | type | shape |
      | --- | --- | --- | --- |
      | input | `image` | uint8 | [images, \(input.format.rawValue), \(input.height), \(input.width)] |
      | output | `logits` | float32 | [images, \(model.positions), \(model.classCount)] |

      - The input is pixels as bytes (0...255), [images, channels, height, width]. The graph itself computes \
      1 - pixel / 255. Images of another size must be resized.\(gray)
      - The output has one logit for each class at each position of the text. A class is a character's index in the \
      charset. The class with the largest logit is the prediction.\(end)
      - Charset, lengths and geometry are in the metadata of the ONNX file, too.
      """
  }

  private var layers: String {
    let parameterCount = plan.layers.flatMap(\.parameters).reduce(0) { $0 + ($1.role.isLearned ? $1.count : 0) }
    return """
      ## Layers

      \(counted(parameterCount, "parameter")), and \(plan.operationCount / 1_000_000) million operations for an image.

      \(codeBlock(model.layers.map(\.text).joined(separator: "\n")))
      """
  }

  private var trainingText: String {
    guard let training else {
      return """
        ## Training

        The folder of the model file has no record of its training.
        """
    }
    let count = training.inputs.value("datasets.train.count").map { " on \($0) images" } ?? ""
    let start =
      training.inputs.value("initial weights")
      .map { " It started from the weights of another model file, with the SHA-256 `\($0)`." } ?? ""
    let samples =
      training.samples.map { samples in
        """
        The images were \(samples.value("images") == nil ? "drawn" : "imported from image files"):

        \(codeBlock(samples.lines(["captcha."] + RecordedInputs.drawing)))
        """
      } ?? "What images they were is no longer recorded."
    return """
      ## Training

      Glyphline trained the model\(count), with these settings:\(start)

      \(codeBlock(training.inputs.lines(["training.", "precision=", "seed="])))

      \(samples)
      """
  }

  private var accuracyText: String {
    guard !accuracies.isEmpty else {
      return """
        ## Accuracy

        No evaluation of this model file is recorded in its folder.
        """
    }
    let rows = accuracies.map { row in
      let accuracy = row.accuracy
      let interval = "\(percent(accuracy.interval.low)) to \(percent(accuracy.interval.high))"
      return """
        | \(row.split.rawValue) | \(accuracy.images) | \(accuracy.exact) | \(percent(accuracy.ofImages)) | \(interval) |
        """
    }
    return """
      ## Accuracy

      | split | images | exact | image accuracy | 95 % interval |
      | --- | --- | --- | --- | --- |
      \(rows.joined(separator: "\n"))

      Image accuracy is the fraction of images whose characters are all predicted correctly; the interval is Wilson's. \
      Glyphline measured it with test-time augmentation: if the confidence is below 0.9, the prediction comes from the \
      mean over five shifted copies. This graph has no such augmentation, so it can be less accurate.
      """
  }

  private var limits: String {
    """
    ## Limits

    - A recorded accuracy is that on images of the named split alone. On other captchas it is lower, and can be near 0: \
    measure it on labelled images of them.
    - The model predicts a text for every image, also for one that shows none, or characters of no class.
    - The model is for study, and for finding out how easily a program reads your own captchas. Do not use it against \
    other people's sites.
    """
  }
}
