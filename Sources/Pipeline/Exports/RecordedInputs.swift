/// The inputs of a stage as the catalog records them: `key=value` lines.
struct RecordedInputs {
  /// Beginnings of the keys that decide drawn images, besides those of the captcha.
  static let drawing = ["seed=", "generator version=", "FreeType version=", "font file "]

  private let inputs: [Substring]

  init(_ text: String) { inputs = text.split(separator: "\n") }

  /// The lines whose keys begin with one of `prefixes`.
  func lines(_ prefixes: [String]) -> String {
    inputs.filter { line in prefixes.contains { line.hasPrefix($0) } }.map { $0 + "\n" }.joined()
  }

  /// nil where there is no such key.
  func value(_ key: String) -> String? {
    inputs.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
  }
}
