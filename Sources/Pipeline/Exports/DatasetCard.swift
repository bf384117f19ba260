import Samples
import Specs

/// The dataset card of an exported split: `README.md` in Markdown, after a head in YAML that the Hugging Face Hub and
/// the Python package `datasets` read.
struct DatasetCard {
  private let split: Split
  private let spec: PipelineSpec
  /// What the samples were made for.
  private let inputs: RecordedInputs
  private let inputsHash: String
  private let sampleCount: Int
  private let samplesPerTar: Int
  private let version: String

  /// - Parameter version: Of this program.
  /// - Throws: `PipelineError.stale` where the samples were made for another spec than that of the export.
  init(of export: SplitExport, samplesPerTar: Int, version: String) throws {
    (split, spec, sampleCount) = (export.split, export.spec, export.sampleCount)
    (self.samplesPerTar, self.version) = (samplesPerTar, version)
    (inputs, inputsHash) = (RecordedInputs(export.stage.spec), export.stage.contentHash)
    let changes = changes(importedContent: export.stage.result)
    guard changes.isEmpty else {
      throw PipelineError.stale(stage: "the \(split.rawValue) split", changes: changes.map(\.description))
    }
  }

  var tarCount: Int { (sampleCount - 1) / samplesPerTar + 1 }

  /// How the spec differs, in what decides the images, from the one that the samples were made for.
  private func changes(importedContent: String?) -> [SpecDifference] {
    let keys = ["captcha.", "seed="]
    let present =
      isImported
      ? ImportStage(split: split, spec: spec).inputs(content: importedContent)
      : StageInputs([StageInputs.section("captcha", spec.captcha.canonicalText), "seed=\(spec.seed)"])
    return specDifferences(
      from: inputs.lines(keys), to: RecordedInputs(present.text).lines(keys))
  }

  private var isImported: Bool { spec.datasets[split] == .imported }

  var text: String {
    ([head, origin, loading, fields] + (isImported ? [] : [drawing]) + [limits, specFile]).joined(separator: "\n\n")
      + "\n"
  }

  /// The range of the number of samples, in the words of the Hub.
  private var sizeCategory: String {
    let bounds =
      [(1_000, "1K"), (10_000, "10K"), (100_000, "100K"), (1_000_000, "1M"), (10_000_000, "10M")]
      + [(100_000_000, "100M"), (1_000_000_000, "1B")]
    guard let upper = bounds.firstIndex(where: { sampleCount < $0.0 }) else { return "n>1B" }
    return upper == 0 ? "n<1K" : "\(bounds[upper - 1].1)<n<\(bounds[upper].1)"
  }

  private var head: String {
    """
    ---
    pretty_name: \(spec.name), \(split.rawValue) split
    task_categories:
    - image-to-text
    size_categories:
    - \(sizeCategory)
    tags:
    - captcha
    - ocr\(isImported ? "" : "\n- synthetic")
    configs:
    - config_name: default
      data_files:
      - split: \(split.rawValue)
        path: \(split.rawValue)-*.tar
    ---
    """
  }

  /// What the images show and where they come from.
  private var origin: String {
    let geometry = spec.captcha.geometry
    let colors = geometry.format == .gray ? "gray" : "RGB"
    let images = "\(counted(sampleCount, "image")) of text captchas with their labels"
    let source =
      isImported
      ? "Glyphline \(version) imported them from image files, and converted those of another size or colour."
      : "Glyphline \(version) drew them from seeds. None was photographed or taken from a website."
    return """
      # \(spec.name), \(split.rawValue) split

      \(images), the \(split.rawValue) split of the pipeline `\(spec.name)`. \(source)

      - Images: \(geometry.width) x \(geometry.height) pixels, \(colors), 8 bits a channel
      \(isImported ? labels(spec.captcha.alphabet, spec.captcha.lengths) : kinds)
      """
  }

  private func labels(_ charset: Alphabet, _ lengths: ClosedRange<Int>) -> String {
    "- Labels: \(characterCount(lengths)) of the charset \(code(charset.text)) (\(counted(charset.count, "character")))"
  }

  /// The spec's entries that are drawn in this split.
  private var kinds: String {
    let entries = spec.captcha.entries.filter { $0.splits.contains(split) }
    let weights = entries.reduce(0) { $0 + $1.weight }
    return entries.map { entry in
      let lines = """
        - Style: \(code(entry.style.word)), \(entry.style.summary)
        \(labels(entry.alphabet, entry.lengths)); each is equally likely at each position
        - Fonts: \(entry.fonts.value.map(code).joined(separator: ", "))
        """
      guard entries.count > 1 else { return lines }
      return "- \(percent(entry.weight / weights)) of the images:\n  " + lines.replacing("\n", with: "\n  ")
    }.joined(separator: "\n")
  }

  private var loading: String {
    let name = split.rawValue
    let last = padded(tarCount - 1, digitCount: 6)
    let decoder = spec.captcha.geometry.format == .gray ? "pill" : "pil"
    let files = "\(name)-" + (tarCount == 1 ? last : "{000000..\(last)}") + ".tar"
    return """
      ## Loading

      In Python, from the folder with this card:

      ```python
      from datasets import load_dataset

      # From elsewhere: load_dataset("path/of/this/folder", split="\(name)")
      samples = load_dataset("webdataset", data_files={"\(name)": "\(name)-*.tar"}, split="\(name)")
      image, label = samples[0]["png"], samples[0]["json"]["label"]
      ```

      ```python
      import webdataset

      for sample in webdataset.WebDataset("\(files)", shardshuffle=False).decode("\(decoder)"):
          image, label = sample["png"], sample["json"]["label"]
      ```
      """
  }

  private var fields: String {
    """
    ## Fields

    Each sample is two files in a tar file, named by the index in nine digits. The samples are in the order of their \
    index, \(samplesPerTar) in each tar file but the last.

    | field | holds |
    | --- | --- |
    | `png` | the image |
    | `json.index` | the index in the split, from 0 |
    | `json.label` | the text that the image shows |
    | `json.charset` | the characters that the text can have, in class order |
    | `json.seed` | \(isImported ? "0, since an imported image has none" : "the number that the image was drawn from") |
    """
  }

  /// What decides the images, and the commands that draw them again.
  private var drawing: String {
    let option = samplesPerTar == SplitExport.samplesPerTarDefault ? "" : " --samples-per-tar \(samplesPerTar)"
    let file = spec.name + ".yaml"
    return """
      ## Drawing the images again

      Save the spec below as `\(file)`, and run:

      ```sh
      glyphline build \(file) --split \(split.rawValue)
      glyphline export webdataset \(file) --split \(split.rawValue)\(option) --out \(split.rawValue)
      ```

      Labels and pixels are a function of the spec, the versions of generator and FreeType, and the font files. With \
      the same versions of libpng and zlib, the tar files have the same bytes, too. This split was made with:

      \(codeBlock(inputs.lines(RecordedInputs.drawing) + "spec hash=\(inputsHash)"))

      The spec hash is the SHA-256 of everything that the shards of this split depend on. Each of them has it in its \
      header.
      """
  }

  private var limits: String {
    let source =
      isImported
      ? """
      - The images belong to their owner, whose licence applies. Glyphline does not know it.
      - The labels are those that were imported with the images. Glyphline has not checked them.
      """
      : """
      - The images are drawn. A model's accuracy on them tells how easily a program reads captchas of this kind. It tells \
      nothing about other captchas: measure those on labelled images of them.
      - The texts are random characters, not words.
      - Glyphline drew the images with the fonts named above, whose licences may apply. This card grants no licence.
      """
    return """
      ## Limits

      \(source)
      - The dataset is for study, and for finding out how easily a program reads your own captchas. Do not use it against \
      other people's sites.
      """
  }

  private var specFile: String { "## Spec\n\n" + codeBlock(spec.text, language: "yaml") }
}
