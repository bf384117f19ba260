import Files

/// Why a spec file was refused, and where in it.
package struct SpecError: Error, Equatable, CustomStringConvertible {
  package enum Problem: Equatable, Sendable {
    /// The file does not exist or cannot be read.
    case unreadable(FileError)
    /// The text is not YAML, or uses a part of YAML that specs may not.
    case notYAML(String)
    case unknownKey(allowed: [String])
    case repeatedKey
    case missingKey(allowed: String)
    case wrongValue(found: String, allowed: String)
  }

  /// The spec file, as the caller named it.
  package let path: String
  /// From 1; nil for the whole file.
  package let line: Int?
  /// Keys from the top of the file, joined by dots, such as `captcha.length`; empty for no key.
  package let keyPath: String
  package let problem: Problem

  /// One line: where, what was found, what is allowed.
  package var description: String {
    if case .unreadable(let error) = problem { return error.description }
    let location = line.map { "\(path):\($0)" } ?? path
    let key = keyPath.isEmpty ? "" : "\(oneLine(keyPath, countMax: 60)): "
    return "\(location): \(key)\(explanation)"
  }

  private var explanation: String {
    switch problem {
    case .unreadable(let error): error.description
    case .notYAML(let reason): oneLine(reason, countMax: 200)
    case .unknownKey(let allowed):
      "unknown key\(suggestion(among: allowed)), allowed: \(allowed.joined(separator: ", "))"
    case .repeatedKey: "found more than once, allowed: once"
    case .missingKey(let allowed): "missing, needed: \(allowed)"
    case .wrongValue(let found, let allowed): "found \(found), allowed: \(allowed)"
    }
  }

  private func suggestion(among allowed: [String]) -> String {
    let found = String(keyPath.split(separator: ".").last ?? "")
    return nearest(to: found, among: allowed).map { ", did you mean \"\($0)\"?" } ?? ""
  }
}

/// The first `countMax` code points of `text`, without line breaks and other control characters: a message stays one
/// line whatever the file holds.
func oneLine(_ text: String, countMax: Int) -> String {
  let visible = text.unicodeScalars.prefix(countMax).map { scalar in
    scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: false) : String(scalar)
  }
  return visible.joined() + (text.unicodeScalars.count > countMax ? "..." : "")
}

extension SpecError: ReportedError {
  package var cause: (any ReportedError)? { if case .unreadable(let error) = problem { error } else { nil } }
}
