import Catalog
import Files
import Generator
import Network
import Samples
import Shards
import Specs

/// A stage of a pipeline as the spec asks for it: its name in the catalog, and as text all that its result is a function of.
/// The text's hash tells whether a recorded result is still the one that is asked for.
struct StageRequest: Sendable {
  let name: String
  /// One `key=value` line for each thing that the result depends on.
  let text: String
  let hash: ContentHash

  init(name: String, text: String) {
    self.name = name
    self.text = text
    hash = ContentHash(of: text)
  }

  func row(_ state: StageRow.State) -> StageRow {
    StageRow(name: name, contentHash: hash.description, state: state, spec: text)
  }

  /// The samples of a split. How many there are is not part of it: raising the number adds shards and changes none.
  static func drawn(_ split: Split, of spec: PipelineSpec, by generator: GeneratorIdentity) -> StageRequest {
    StageRequest(
      name: buildName(split),
      text: lines(
        section("captcha", spec.captcha.canonicalText), section("shards", spec.shards.canonicalText),
        "seed=\(spec.seed)",
        "shard format version=\(HeaderLayout.version)", "generator version=\(generator.version)",
        "FreeType version=\(generator.freeTypeVersion)",
        generator.fonts.map { "font file \($0.name)=\($0.hash)" }.joined(separator: "\n")))
  }

  /// Samples of images that were imported.
  /// - Parameter content: The hash of all their labels and pixels; nil where none were imported yet.
  static func imported(_ split: Split, of spec: PipelineSpec, content: String?) -> StageRequest {
    let captcha = spec.captcha
    return StageRequest(
      name: buildName(split),
      text: lines(
        "\(importedKey)=\(content ?? "nothing")", "captcha.charset=\(captcha.alphabet.text)",
        "captcha.length=\(captcha.lengths.upperBound)", "captcha.width=\(captcha.geometry.width)",
        "captcha.height=\(captcha.geometry.height)", "captcha.color=\(captcha.geometry.format.name)",
        section("shards", spec.shards.canonicalText), "shard format version=\(HeaderLayout.version)"))
  }

  /// What the spec asks for as the samples of a split. Of images that were imported, the spec cannot say which they are: the
  /// recorded stage does.
  static func build(
    _ split: Split, of spec: PipelineSpec, by generator: GeneratorIdentity, recordedIn catalog: Catalog?
  ) throws -> StageRequest {
    guard case .imported = spec.datasets[split] else { return drawn(split, of: spec, by: generator) }
    let recorded = try catalog?.stage(named: buildName(split))?.spec.split(separator: "\n").first
    let parts = recorded?.split(separator: "=", maxSplits: 1) ?? []
    return imported(split, of: spec, content: parts.count == 2 && parts[0] == importedKey ? String(parts[1]) : nil)
  }

  private static let importedKey = "images"

  private static func buildName(_ split: Split) -> String { "build \(split.rawValue)" }

  /// The model. The layers of a named one are part of it, so that it is trained anew when they change.
  /// - Parameter initialWeights: The hash of the model file that training begins with; nil where it begins with none.
  static func train(
    _ spec: PipelineSpec, model: ModelDescription, precision: String, data: SplitData, initialWeights: ContentHash?
  ) -> StageRequest {
    var layers: String?
    if case .named = spec.model { layers = model.layers.map(\.text).joined(separator: "; ") }
    return StageRequest(
      name: "train",
      text: lines(
        section("model", spec.model.canonicalText), section("training", spec.training.canonicalText),
        "precision=\(precision)", "seed=\(spec.seed)",
        "datasets.train.count=\(data.count)", "samples=\(data.request.hash)")
        + (layers.map { "layers=\($0)\n" } ?? "") + (initialWeights.map { "initial weights=\($0)\n" } ?? ""))
  }

  /// What the model file with hash `model` reads in a split.
  static func evaluate(_ split: Split, model: ContentHash, data: SplitData) -> StageRequest {
    StageRequest(
      name: "evaluate \(split.rawValue)",
      text: lines(
        "model file=\(model)", "datasets.\(split.rawValue).count=\(data.count)", "samples=\(data.request.hash)"))
  }

  private static func lines(_ lines: String...) -> String { lines.map { $0 + "\n" }.joined() }

  /// The lines of one section of the spec, each with the section before its key.
  private static func section(_ name: String, _ canonicalText: String) -> String {
    canonicalText.split(separator: "\n").map { "\(name).\($0)" }.joined(separator: "\n")
  }
}

/// The samples of a split, as the stages that need them depend on them.
struct SplitData: Sendable {
  /// The stage that makes them.
  let request: StageRequest
  let count: Int
}

/// How a recorded stage stands against what the spec asks for.
package enum StageState: Sendable, Hashable {
  case done(String)
  case missing
  /// Begun and not finished, by a command that was stopped or is at work.
  case partlyDone(String)
  /// Done for another spec; what changed since, in words.
  case stale([String])

  package var isDone: Bool { if case .done = self { true } else { false } }

  package var word: String {
    switch self {
    case .done: "done"
    case .missing: "missing"
    case .partlyDone: "part done"
    case .stale: "stale"
    }
  }

  package var detail: String {
    switch self {
    case .done(let detail), .partlyDone(let detail): detail
    case .missing: ""
    case .stale(let changes): changes.joined(separator: "; ")
    }
  }
}
