import Foundation
import Testing

/// The rules of the house that a machine can check.
@Suite struct TidyTests {
  private let files = SourceFile.all

  /// A target's dependencies are what its files import, no more and no less.
  @Test(arguments: try Target.all())
  fileprivate func declaresWhatItImports(_ target: Target) {
    let imported = Set(files.filter { $0.path.hasPrefix(target.path + "/") }.flatMap(\.imports))
    let known = Set(Target.names + Target.products)
    #expect(imported.intersection(known).subtracting(target.dependencies) == [], "imported and not declared")
    #expect(target.dependencies.subtracting(imported).subtracting(target.unimportable) == [], "declared for nothing")
  }

  @Test func filesAreShort() {
    for file in files { #expect(file.lines.count <= 400, "\(file.path) has \(file.lines.count) lines") }
  }

  @Test func functionsAreShort() {
    for file in files where file.path.hasPrefix("Sources/") {
      for function in file.functions where function.lineCount > 60 {
        Issue.record("\(file.path): \(function.lineCount) lines: \(function.head)")
      }
    }
  }

  /// What takes part in safety that the compiler does not check says why it is safe.
  @Test func uncheckedIsExplained() {
    for file in files where !file.path.hasPrefix("Tests/TidyTests/") {
      for (index, line) in file.lines.enumerated()
      where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
        let isExplained = file.lines[..<index].reversed().prefix { $0.drop { $0 == " " }.hasPrefix("//") }
          .contains { $0.contains("// SAFETY: ") }
        #expect(isExplained, "\(file.path):\(index + 1): no SAFETY comment")
      }
    }
  }

  @Test(arguments: ["try!", "as!", "TODO", "FIXME"])
  func isNotInTheProgram(_ word: String) {
    for file in files where file.path.hasPrefix("Sources/") {
      for (index, line) in file.lines.enumerated() where line.contains(word) {
        Issue.record("\(file.path):\(index + 1): \(word)")
      }
    }
  }
}

/// A Swift file of the package.
private struct SourceFile: Sendable {
  /// From the package's folder.
  let path: String
  let lines: [Substring]

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path()

  static let all: [SourceFile] = ["Sources", "Tests", "Schemas"].flatMap { folder in
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: root + folder)) ?? []
    return names.sorted().filter { $0.hasSuffix(".swift") }.map { SourceFile("\(folder)/\($0)") }
  }

  private init(_ path: String) {
    self.path = path
    let content = FileManager.default.contents(atPath: Self.root + path) ?? Data()
    lines = String(decoding: content, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// Modules that it imports, under conditions too.
  var imports: [String] {
    lines.compactMap { $0.firstMatch(of: /^\s*(?:public )?import (\w+)$/).map { String($0.1) } }
  }

  struct Function {
    let head: Substring
    let lineCount: Int
  }

  /// As the formatter writes them: the closing brace stands below the beginning.
  var functions: [Function] {
    lines.indices.compactMap { start in
      let beginning = /^( *)(?:[a-z@][\w()@ ]* )?(?:func \S|init[?(<])/
      guard let match = lines[start].firstMatch(of: beginning) else { return nil }
      let indent = String(match.1)
      guard
        let end = lines[start...].firstIndex(where: { line in
          line.hasPrefix(indent + "}")
            || (line.hasPrefix(indent) && line.dropFirst(indent.count).contains("{ ") && line.hasSuffix("}"))
        })
      else { return nil }
      return Function(head: lines[start], lineCount: end - start + 1)
    }
  }
}

/// A target, as Package.swift declares it.
private struct Target: Sendable, CustomTestStringConvertible {
  let name: String
  let path: String
  let dependencies: Set<String>
  let isTest: Bool

  var testDescription: String { name }

  static let products = ["ArgumentParser", "Yams", "GRDB", "GRDBSQLite"]
  static let names = (try? all().map(\.name)) ?? []

  /// Dependencies that no Swift file imports: a check before the first line of Swift, and programs that tests run.
  var unimportable: Set<String> {
    isTest ? ["CInstructionSet", "crashtest", "kernelcheck", "rankcheck"] : ["CInstructionSet"]
  }

  static func all() throws -> [Target] {
    let manifest = try String(contentsOfFile: SourceFile.root + "Package.swift", encoding: .utf8)
    let declaration = /\n    \.(\w*[tT]arget)\(\s*name: "(\w+)"(.*?)(?=\n    \.|\n    \/\/|\n  \])/.dotMatchesNewlines()
    return manifest.matches(of: declaration).map { match in
      let (kind, name, rest) = (match.1, String(match.2), match.3)
      let list = rest.firstMatch(of: /dependencies: \[(.*?)\]/.dotMatchesNewlines()).map { $0.1 } ?? ""
      // Of `.product(name: "GRDB", package: "GRDB.swift")` the first word counts, of a condition none.
      let declared = list.replacing(/package: "[^"]*"|traits: \["\w+"/, with: "")
      let path = rest.firstMatch(of: /path: "([^"]*)"/).map { String($0.1) }
      return Target(
        name: name, path: path ?? (kind == "testTarget" ? "Tests/" : "Sources/") + name,
        dependencies: Set(declared.matches(of: /"(\w+)"/).map { String($0.1) }), isTest: kind == "testTarget")
    }
  }
}
