import Samples

// A part of a spec as text: one `key=value` line for each key of the spec file, defaults included, always in the same
// order. Equal parts have equal texts, however their files are written, so the hash of a text identifies the part, and
// two texts can be compared key by key. Text values are quoted, so no value holds a line break.
//
// Results are stored under the hashes of these texts: adding a line, or changing the order, makes them all stale. A key
// added later is left out where its value is what everything before it used.

extension CaptchaSpec {
  package var canonicalText: String {
    guard entries.count > 1 else { return canonicalText(of: entries[0]) }
    return entries.enumerated().map { number, entry in
      prefixed("\(number)", "weight=\(entry.weight)\n" + splitsText(of: entry) + canonicalText(of: entry))
    }.joined()
  }

  private func splitsText(of entry: Entry) -> String {
    guard entry.splits.count < Split.allCases.count else { return "" }
    return lines((Key.splits, text(entry.splits.sorted().map { quoted($0.rawValue) })))
  }

  private func canonicalText(of entry: Entry) -> String {
    lines(
      (Key.style, quoted(entry.style.word)), (.charset, quoted(entry.alphabet.text)),
      (.length, text(entry.lengths)), (.width, "\(geometry.width)"), (.height, "\(geometry.height)"),
      (.color, quoted(geometry.format.name)),
      (.font, text(entry.fonts.value.map(quoted))))
      + prefixed(entry.style.word, entry.style.settings.canonicalText)
  }
}

extension ShardSpec {
  /// Without `on_corrupt`: allowing damaged blocks to be skipped keeps all results so far.
  package var canonicalText: String {
    lines((Key.records, "\(records)"), (.block, "\(block)"), (.compression, "\(compression)"))
  }
}

extension ModelSpec {
  package var canonicalText: String {
    switch self {
    case .named(let name): lines((Key.name, quoted(name.rawValue)))
    case .layers(let layers): lines((Key.layers, text(layers.map { quoted($0.value.text) })))
    }
  }
}

extension TrainingSpec {
  package var canonicalText: String {
    lines(
      (Key.batch, "\(batch)"), (.candidates, "\(candidates)"), (.epochs, "\(epochs)"),
      (.optimizer, quoted(optimizer.word)),
      (.learningRate, "\(learningRate)"), (.weightDecay, "\(weightDecay)"), (.schedule, quoted(schedule.rawValue)),
      (.warmup, "\(warmup)"), (.labelSmoothing, "\(labelSmoothing)"), (.average, "\(average)"),
      (.distortion, "\(distortion)"), (.precision, quoted(precision.rawValue)), (.checkpointEvery, "\(checkpointEvery)")
    ) + (laneCountMax == Self.usualLaneCount ? "" : lines((Key.lanes, "\(laneCountMax)")))
  }
}

extension EvaluationSpec {
  package var canonicalText: String { lines((Key.split, quoted(split.rawValue))) }
}

/// A key whose value differs between two canonical texts.
package struct SpecDifference: Sendable, Hashable, CustomStringConvertible {
  package let key: String
  /// From the canonical text; nil where the text lacks the key.
  package let before: String?
  package let after: String?

  package var description: String { "\(key): \(before ?? "nothing") -> \(after ?? "nothing")" }
}

/// What changed from one canonical text to another, in the order of the new text; keys that are gone come last.
package func specDifferences(from before: String, to after: String) -> [SpecDifference] {
  let (before, after) = (keysAndValues(before), keysAndValues(after))
  let keys = after.map(\.key) + before.map(\.key).filter { key in !after.contains { $0.key == key } }
  return keys.compactMap { key in
    let difference = SpecDifference(
      key: key, before: before.first { $0.key == key }?.value, after: after.first { $0.key == key }?.value)
    return difference.before == difference.after ? nil : difference
  }
}

private func keysAndValues(_ canonicalText: String) -> [(key: String, value: String)] {
  canonicalText.split(separator: "\n").map { line in
    let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
  }
}

/// Puts the key of a mapping before the key of each line.
private func prefixed(_ key: String, _ canonicalText: String) -> String {
  canonicalText.split(separator: "\n").map { "\(key).\($0)\n" }.joined()
}

/// `[a, b]`, or the value alone where there is only one.
func text(_ values: [some CustomStringConvertible]) -> String {
  values.count == 1 ? "\(values[0])" : "[\(values.map(\.description).joined(separator: ", "))]"
}

/// `[low, high]`, or the one number of the range.
func text<Number: CustomStringConvertible>(_ range: ClosedRange<Number>) -> String {
  range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "[\(range.lowerBound), \(range.upperBound)]"
}

func lines<Key: SpecKey>(_ pairs: (Key, String)...) -> String {
  pairs.map { "\($0.rawValue)=\($1)\n" }.joined()
}

/// The text between quotes, with quotes, backslashes and control characters escaped.
func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": result += "\\\(scalar)"
    case _ where scalar.properties.generalCategory == .control: result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
