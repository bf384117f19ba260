import Catalog
import Files
import Specs

/// One stage of a pipeline. `run` and `status` both ask `state`, which alone decides what is left to do.
protocol Stage: Sendable {
  /// The name in the catalog and in messages, such as "build train".
  var name: String { get }
  /// Everything that the result depends on; nil while some of it is missing.
  func inputs(in records: Records) throws -> StageInputs?
  func state(in records: Records) throws -> StageState
  /// Makes the missing parts of the result and records them.
  func run(in session: Session, on engine: Engine) throws
}

extension Stage {
  /// Runs the stage unless it is done, and reports which of the two.
  func complete(in session: Session, on engine: Engine) throws {
    let state = try session.records.state(of: self)
    guard let reason = state.reasonToRun else {
      return session.report(.skipped(stage: name, reason: state.detail))
    }
    session.report(.started(stage: name, reason: reason))
    try run(in: session, on: engine)
  }

  /// The state of a stage by its recorded row.
  /// - Parameter whenCurrent: Gives the state of a stage that was recorded with the same inputs.
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

/// Everything that a stage's result depends on, as `key=value` lines. The text's hash tells whether a recorded result
/// is up to date.
struct StageInputs: Sendable {
  let text: String
  let hash: ContentHash

  /// - Parameter lines: One or several lines each; empty ones are dropped.
  init(_ lines: [String]) {
    text = lines.filter { !$0.isEmpty }.map { $0 + "\n" }.joined()
    hash = ContentHash(of: text)
  }

  /// The lines of one section of the spec, each key with the section's name as prefix.
  static func section(_ name: String, _ canonicalText: String) -> String {
    canonicalText.split(separator: "\n").map { "\(name).\($0)" }.joined(separator: "\n")
  }
}

/// The state of a stage's result, compared with the spec.
package enum StageState: Sendable, Hashable {
  case done(String)
  case missing
  /// Unfinished or damaged; the text says how far it is.
  case partlyDone(String)
  /// Made for another spec; the texts say what changed.
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

  /// Why the stage must run, for a message; nil where it is done.
  var reasonToRun: String? {
    switch self {
    case .done: nil
    case .missing: "starting"
    case .partlyDone(let detail): "resuming: \(detail)"
    case .stale: "starting over (\(detail))"
    }
  }
}
