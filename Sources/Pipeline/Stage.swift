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
  static func build(_ split: Split, of spec: PipelineSpec, by generator: GeneratorIdentity) -> StageRequest {
    StageRequest(
      name: "build \(split.rawValue)",
      text: lines(
        section("captcha", spec.captcha.canonicalText), section("shards", spec.shards.canonicalText),
        "seed=\(spec.seed)",
        "shard format version=\(HeaderLayout.version)", "generator version=\(generator.version)",
        "FreeType version=\(generator.freeTypeVersion)",
        generator.fonts.map { "font file \($0.name)=\($0.hash)" }.joined(separator: "\n")))
  }

  /// The model. How it is drawn from the samples is in `model`'s layers, so that a named model whose layers change is
  /// trained anew.
  static func train(_ spec: PipelineSpec, model: ModelDescription, precision: String, data: StageRequest)
    -> StageRequest
  {
    StageRequest(
      name: "train",
      text: lines(
        section("model", spec.model.canonicalText), section("training", spec.training.canonicalText),
        "layers=\(model.layers.map(\.text).joined(separator: "; "))", "precision=\(precision)", "seed=\(spec.seed)",
        "datasets.train.count=\(spec.datasets[.train]?.count ?? 0)", "samples=\(data.hash)"))
  }

  /// What the model file with hash `model` reads in a split.
  static func evaluate(_ split: Split, of spec: PipelineSpec, model: ContentHash, data: StageRequest) -> StageRequest {
    StageRequest(
      name: "evaluate \(split.rawValue)",
      text: lines(
        "model file=\(model)", "datasets.\(split.rawValue).count=\(spec.datasets[split]?.count ?? 0)",
        "samples=\(data.hash)"))
  }

  private static func lines(_ lines: String...) -> String { lines.map { $0 + "\n" }.joined() }

  /// The lines of one section of the spec, each with the section before its key.
  private static func section(_ name: String, _ canonicalText: String) -> String {
    canonicalText.split(separator: "\n").map { "\(name).\($0)" }.joined(separator: "\n")
  }
}

/// How a recorded stage stands against what the spec asks for.
package enum StageState: Sendable, Hashable {
  case done(String)
  case missing
  /// Begun and not finished, by a command that was stopped or is at work.
  case partlyDone(String)
  /// Done for another spec; what changed since, in words.
  case stale([String])

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
