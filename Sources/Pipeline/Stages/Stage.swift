import Catalog
import Files
import Specs

/// One stage of a pipeline, as its spec asks for it.
///
/// `run` and `status` both ask `state`, and nothing else decides what there is to do.
protocol Stage: Sendable {
  /// In the catalog and in messages, such as "build train".
  var name: String { get }
  /// All that the result depends on; nil while something that it is made from is not there.
  func inputs(in records: Records) throws -> StageInputs?
  func state(in records: Records) throws -> StageState
  /// Makes what is missing of the result, and records it.
  func run(in session: Session, on engine: Engine) throws
}

extension Stage {
  /// Runs the stage unless it is done, and tells which.
  func complete(in session: Session, on engine: Engine) throws {
    let state = try session.records.state(of: self)
    guard let reason = state.reasonToRun else {
      return session.report(.skipped(stage: name, reason: state.detail))
    }
    session.report(.started(stage: name, reason: reason))
    try run(in: session, on: engine)
  }

  /// How a stage stands whose recorded row says the most that there is to say.
  /// - Parameter whenCurrent: The state of one that began with the very inputs that are asked for.
  func state(
    of row: StageRow?, for inputs: StageInputs, whenCurrent: (StageRow) throws -> StageState
  ) rethrows -> StageState {
    guard let row else { return .missing }
    guard row.contentHash == inputs.hash.description else {
      return .stale(specDifferences(from: row.spec, to: inputs.text).map(\.description))
    }
    return try whenCurrent(row)
  }

  func row(_ state: StageRow.State, _ inputs: StageInputs, result: String? = nil) -> StageRow {
    StageRow(name: name, contentHash: inputs.hash.description, state: state, spec: inputs.text, result: result)
  }
}

/// All that a stage's result depends on, as text: one `key=value` line for each thing. The text's hash tells whether a
/// recorded result is still the one that is asked for.
struct StageInputs: Sendable {
  let text: String
  let hash: ContentHash

  /// - Parameter lines: One or several lines each; empty ones count for nothing.
  init(_ lines: [String]) {
    text = lines.filter { !$0.isEmpty }.map { $0 + "\n" }.joined()
    hash = ContentHash(of: text)
  }

  /// The lines of one section of the spec, each with the section before its key.
  static func section(_ name: String, _ canonicalText: String) -> String {
    canonicalText.split(separator: "\n").map { "\(name).\($0)" }.joined(separator: "\n")
  }
}

/// How a stage stands against what the spec asks for.
package enum StageState: Sendable, Hashable {
  case done(String)
  case missing
  /// Begun and not finished, or no longer whole; what there is, in words.
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

  /// Why the stage is to run, as a message says it; nil where it is done.
  var reasonToRun: String? {
    switch self {
    case .done: nil
    case .missing: "starting"
    case .partlyDone(let detail): "going on: \(detail)"
    case .stale(let changes): "starting again, changed: \(changes.joined(separator: "; "))"
    }
  }
}
