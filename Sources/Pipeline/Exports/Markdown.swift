import Samples

// Parts of the cards, in CommonMark. Text from a spec is code, between more backticks than it has in a row.

/// Code within a line.
func code(_ text: String) -> String {
  let fence = String(repeating: "`", count: longestBacktickRun(in: text) + 1)
  let padding = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
  return fence + padding + text + padding + fence
}

/// Lines of code.
func codeBlock(_ text: String, language: String = "") -> String {
  let fence = String(repeating: "`", count: max(3, longestBacktickRun(in: text) + 1))
  return "\(fence)\(language)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(fence)"
}

private func longestBacktickRun(in text: String) -> Int {
  text.split { $0 != "`" }.map(\.count).max() ?? 0
}

/// Such as "4 characters" or "4 to 6 characters".
func characterCount(_ lengths: ClosedRange<Int>) -> String {
  lengths.count == 1
    ? counted(lengths.lowerBound, "character") : "\(lengths.lowerBound) to \(lengths.upperBound) characters"
}
