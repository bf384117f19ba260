import Foundation
import Pipeline
import Specs
import Workers

/// Damages a finished workspace, one file or table at a time: `status` must name the stages that `run` then works on,
/// and `run` must restore the workspace.
package struct DamageSweep: Sendable {
  /// A damage to a workspace.
  package enum Damage: Sendable, CustomStringConvertible {
    case remove(file: String)
    case cut(file: String)
    case flip(file: String)
    /// Deletes rows of the catalog; foreign keys are not enforced, as in the `sqlite3` shell.
    case delete(table: String, where: String)

    package var description: String {
      switch self {
      case .remove(let file): "\(file) removed"
      case .cut(let file): "\(file) cut short"
      case .flip(let file): "a byte of \(file) changed"
      case .delete(let table, let rows): "rows of \(table) deleted where \(rows)"
      }
    }
  }

  private let spec: PipelineSpec
  private let folder: String
  private let expected: PipelineResults
  package let damages: [Damage]

  private static let catalog = "catalog.sqlite"
  private var undisturbed: String { folder + "/undisturbed" }

  /// - Parameter folder: A folder for temporary workspaces.
  package init(_ spec: PipelineSpec, in folder: String) throws {
    (self.spec, self.folder) = (spec, folder)
    let workspace = folder + "/undisturbed"
    _ = try Self.run(spec, in: workspace)
    expected = try PipelineResults(workspace: workspace)
    var damages: [Damage] = []
    for file in try FileManager.default.subpathsOfDirectory(atPath: workspace).sorted() {
      guard let content = FileManager.default.contents(atPath: workspace + "/" + file) else { continue }
      damages.append(.remove(file: file))
      if !content.isEmpty { damages.append(.cut(file: file)) }
      // SQLite has no checksums, so a changed byte in a row cannot be detected.
      if !content.isEmpty && file != Self.catalog { damages.append(.flip(file: file)) }
    }
    let tables = try sqlite(workspace + "/" + Self.catalog, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    for table in tables.split(separator: "\n").map(String.init) {
      let column = try sqlite(
        workspace + "/" + Self.catalog, "SELECT name FROM pragma_table_info('\(table)') LIMIT 1"
      ).dropLast()
      let one = "(SELECT \(column) FROM \(table) ORDER BY 1 LIMIT 1)"
      damages += [.delete(table: table, where: "true"), .delete(table: table, where: "\(column) = \(one)")]
    }
    self.damages = damages
  }

  /// What is wrong with how `status` reports a damage and `run` repairs it; nil if nothing.
  package func problem(of damage: Damage) throws -> String? {
    let workspace = folder + "/\(UUID())"
    try FileManager.default.copyItem(atPath: undisturbed, toPath: workspace)
    defer { try? FileManager.default.removeItem(atPath: workspace) }
    try damage.apply(to: workspace)
    guard let status = try? PipelineStatus(spec, in: Workspace(path: workspace)) else {
      // Both must refuse a catalog that is no longer a database.
      return (try? Self.run(spec, in: workspace)) == nil ? nil : "status fails, run does not"
    }
    let named = status.stages.filter { !$0.state.isDone }.map(\.name)
    let worked = try Self.run(spec, in: workspace)
    let order = status.stages.map(\.name)
    let unnamed = worked.filter { !named.contains($0) }
    let first = order.firstIndex { worked.contains($0) } ?? order.count
    let idle = named.filter { name in !worked.contains(name) && order.firstIndex(of: name).map { $0 < first } ?? true }
    if !unnamed.isEmpty { return "run worked on \(unnamed), which status does not name" }
    if !idle.isEmpty { return "status names \(idle), on which run does not work" }
    let differences = try PipelineResults(workspace: workspace).differences(from: expected)
    if !differences.isEmpty { return "differs from the undisturbed run: \(differences.joined(separator: ", "))" }
    return try PipelineStatus(spec, in: Workspace(path: workspace)).isDone ? nil : "not done afterwards"
  }

  /// - Returns: The stages that it worked on.
  private static func run(_ spec: PipelineSpec, in workspace: String) throws -> [String] {
    var worked: [String] = []
    let pipeline = try Pipeline(spec, in: Workspace(path: workspace), threadCount: nil, cancellation: Cancellation()) {
      if case .started(let stage, _) = $0 { worked.append(stage) }
    }
    _ = try pipeline.recording("damage test", version: "0") { try $0.run() }
    return worked
  }
}

extension DamageSweep.Damage {
  fileprivate func apply(to workspace: String) throws {
    func change(_ file: String, _ body: (inout Data) -> Void) throws {
      let path = workspace + "/" + file
      guard var content = FileManager.default.contents(atPath: path) else { throw CocoaError(.fileNoSuchFile) }
      body(&content)
      try content.write(to: URL(filePath: path))
    }
    switch self {
    case .remove(let file): try FileManager.default.removeItem(atPath: workspace + "/" + file)
    case .cut(let file): try change(file) { $0 = $0.prefix($0.count / 2) }
    case .flip(let file): try change(file) { $0[$0.count / 2] ^= 0x5A }
    case .delete(let table, let rows):
      _ = try sqlite(workspace + "/catalog.sqlite", "DELETE FROM \(table) WHERE \(rows)")
    }
  }
}
