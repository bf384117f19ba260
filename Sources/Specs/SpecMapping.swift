/// The keys of one mapping of the spec file, such as `captcha`.
package protocol SpecKey: RawRepresentable, CaseIterable where RawValue == String {}

/// One mapping of a spec file, read key by key. Each method states what the key may hold, and throws an error with
/// line, key path, what was found and what is allowed.
package struct SpecMapping<Key: SpecKey> {
  private let path: String
  private let keyPath: String
  private let line: Int
  private let values: [String: SpecNode]

  /// The mapping at the top of the file at `path`.
  init(root: SpecNode, path: String) throws(SpecError) {
    try self.init(root, path: path, keyPath: "")
  }

  /// - Throws: `SpecError` where `node` is not a mapping, or has a key that `Key` lacks.
  init(_ node: SpecNode, path: String, keyPath: String) throws(SpecError) {
    self.path = path
    self.keyPath = keyPath
    line = node.line
    let allowed = Key.allCases.map(\.rawValue)
    guard case .mapping(let entries) = node.content else {
      let problem = SpecError.Problem.wrongValue(
        found: node.summary, allowed: "a mapping with the keys \(allowed.joined(separator: ", "))")
      throw SpecError(path: path, line: node.line, keyPath: keyPath, problem: problem)
    }
    var values: [String: SpecNode] = [:]
    for entry in entries {
      guard allowed.contains(entry.key) else {
        let keyPath = Self.join(keyPath, entry.key)
        throw SpecError(path: path, line: entry.line, keyPath: keyPath, problem: .unknownKey(allowed: allowed))
      }
      values[entry.key] = entry.value
    }
    self.values = values
  }

  /// A mapping that the file leaves out: all of its keys have their defaults.
  init(absentFrom path: String, keyPath: String, line: Int) {
    self.path = path
    self.keyPath = keyPath
    self.line = line
    values = [:]
  }

  /// The keys that the file gives.
  var keys: [Key] { Key.allCases.filter { values[$0.rawValue] != nil } }

  /// The mapping under `key`; one without keys where it is left out.
  func mapping<Inner: SpecKey>(_ key: Key, of inner: Inner.Type) throws(SpecError) -> SpecMapping<Inner> {
    guard let node = values[key.rawValue] else {
      return SpecMapping<Inner>(absentFrom: path, keyPath: join(key), line: line)
    }
    return try SpecMapping<Inner>(node, path: path, keyPath: join(key))
  }

  /// The mapping under `key`, or the mappings of a list there: at least one.
  func mappings<Inner: SpecKey>(_ key: Key, of inner: Inner.Type) throws(SpecError) -> [SpecMapping<Inner>] {
    guard let node = values[key.rawValue], case .list(let nodes) = node.content else {
      return [try mapping(key, of: inner)]
    }
    guard !nodes.isEmpty else {
      throw error(key, line: node.line, .wrongValue(found: node.summary, allowed: "at least one mapping"))
    }
    var mappings: [SpecMapping<Inner>] = []
    for (index, node) in nodes.enumerated() {
      mappings.append(try SpecMapping<Inner>(node, path: path, keyPath: "\(join(key))[\(index)]"))
    }
    return mappings
  }

  /// The items of the list under `key`: at least one, each with one of `words`; nil where the key is left out.
  func items(_ key: Key, words: [String]) throws(SpecError) -> [SpecItem]? {
    guard let node = values[key.rawValue] else { return nil }
    guard case .list(let nodes) = node.content, !nodes.isEmpty else {
      throw error(key, line: node.line, .wrongValue(found: node.summary, allowed: "a list of at least one item"))
    }
    var items: [SpecItem] = []
    for (index, node) in nodes.enumerated() {
      let place = SpecPlace(path: path, line: node.line, keyPath: "\(join(key))[\(index)]")
      items.append(try SpecItem(node, words: words, place: place))
    }
    return items
  }

  /// Whether the value of `key` is `word`, which is allowed instead of a mapping.
  func holds<Inner: SpecKey>(_ word: String, under key: Key, inPlaceOf inner: Inner.Type) throws(SpecError) -> Bool {
    guard let node = values[key.rawValue] else { return false }
    if case .mapping = node.content { return false }
    guard node.text == word else {
      let keys = inner.allCases.map(\.rawValue).joined(separator: ", ")
      throw error(
        key, line: node.line, .wrongValue(found: node.summary, allowed: "a mapping with the keys \(keys), or \(word)"))
    }
    return true
  }

  /// - Parameter default: nil where the key is required; the same in the other methods.
  package func wholeNumber<Number: FixedWidthInteger & LosslessStringConvertible>(
    _ key: Key, in range: ClosedRange<Number>, default: Number? = nil
  ) throws(SpecError) -> Number {
    try value(key, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)", default: `default`) {
      node in
      node.decimalDigits.flatMap { Number($0) }.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  package func number(_ key: Key, in range: ClosedRange<Double>, default: Double) throws(SpecError) -> Double {
    try value(
      key, allowed: "a number from \(short(range.lowerBound)) to \(short(range.upperBound))", default: `default`
    ) { node in
      node.decimalNumber.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  func number(_ key: Key, above minimum: Double, upTo maximum: Double, default: Double) throws(SpecError) -> Double {
    try value(key, allowed: "a number above \(short(minimum)), at most \(short(maximum))", default: `default`) { node in
      node.decimalNumber.flatMap { $0 > minimum && $0 <= maximum ? $0 : nil }
    }
  }

  /// A range of whole numbers, given as `[low, high]`, or as one number for a range of that number alone.
  func wholeRange(
    _ key: Key, in limits: ClosedRange<Int>, default: ClosedRange<Int>? = nil
  ) throws(SpecError) -> ClosedRange<Int> {
    try range(
      key, of: "whole number", in: limits, from: "\(limits.lowerBound) to \(limits.upperBound)", default: `default`
    ) { node in node.decimalDigits.flatMap { Int($0) } }
  }

  /// A range of numbers, given as `[low, high]`, or as one number for a range of that number alone.
  func range(
    _ key: Key, in limits: ClosedRange<Double>, default: ClosedRange<Double>
  ) throws(SpecError) -> ClosedRange<Double> {
    try range(
      key, of: "number", in: limits, from: "\(short(limits.lowerBound)) to \(short(limits.upperBound))",
      default: `default`
    ) { node in node.decimalNumber }
  }

  private func range<Number>(
    _ key: Key, of kind: String, in limits: ClosedRange<Number>, from words: String, default: ClosedRange<Number>?,
    number: (SpecNode) -> Number?
  ) throws(SpecError) -> ClosedRange<Number> {
    try value(key, allowed: "a \(kind) from \(words), or [low, high] of two such", default: `default`) { node in
      let ends = node.items.compactMap(number).filter { limits.contains($0) }
      guard ends.count == node.items.count && ends.count == (node.isList ? 2 : 1), let low = ends.first,
        let high = ends.last, low <= high
      else { return nil }
      return low...high
    }
  }

  /// One whole number or a list of them, each once.
  func wholeNumbers(_ key: Key, in range: ClosedRange<Int>, default: [Int]) throws(SpecError) -> [Int] {
    try list(
      key, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)", default: `default`
    ) { node in
      node.decimalDigits.flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  package func flag(_ key: Key, default: Bool) throws(SpecError) -> Bool {
    try value(key, allowed: "true or false", default: `default`) { node in
      guard case .scalar(let text, isPlain: true) = node.content else { return nil }
      return Bool(text)
    }
  }

  /// One of the words of `Choice`.
  func choice<Choice>(_ key: Key, default: Choice) throws(SpecError) -> Choice
  where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
    try choice(key, among: Array(Choice.allCases), word: \.rawValue, default: `default`)
  }

  /// One of `choices`, each under its word.
  func choice<Choice>(
    _ key: Key, among choices: [Choice], word: (Choice) -> String, default: Choice?
  ) throws(SpecError) -> Choice {
    let words = choices.map(word).joined(separator: " or ")
    return try value(key, allowed: words, default: `default`) { node in
      node.text.flatMap { text in choices.first { word($0) == text } }
    }
  }

  /// One of the words of `Choice` or a list of them, each once.
  func choices<Choice>(_ key: Key, default: [Choice]) throws(SpecError) -> [Choice]
  where Choice: RawRepresentable & CaseIterable & Hashable, Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue).joined(separator: " or ")
    return try list(key, allowed: words, default: `default`) { node in node.text.flatMap { Choice(rawValue: $0) } }
  }

  /// Text as it is written, even digits or words with a meaning in YAML, except a plain `~` or `null`.
  func text(
    _ key: Key, allowed: String, default: String? = nil, where isAllowed: (String) -> Bool
  ) throws(SpecError) -> String {
    try value(key, allowed: allowed, default: `default`) { node in
      node.text.flatMap { isAllowed($0) ? $0 : nil }
    }
  }

  /// One text or a list of them, each once.
  func texts(
    _ key: Key, allowed: String, default: [String], where isAllowed: (String) -> Bool
  ) throws(SpecError) -> [String] {
    try list(key, allowed: allowed, default: `default`) { node in
      node.text.flatMap { isAllowed($0) ? $0 : nil }
    }
  }

  /// One color or a list of them, each once.
  func colors(_ key: Key, default: [SIMD3<UInt8>]) throws(SpecError) -> [SIMD3<UInt8>] {
    try list(key, allowed: "a color in quotes, such as \"#5C87B2\"", default: `default`) { node in
      node.text.flatMap(color)
    }
  }

  private func list<Item: Hashable>(
    _ key: Key, allowed: String, default: [Item], item: (SpecNode) -> Item?
  ) throws(SpecError) -> [Item] {
    let countMax = 100
    return try value(
      key, allowed: "\(allowed), or a list of such, each once, at most \(countMax)", default: `default`
    ) { node in
      let items = node.items.compactMap(item)
      guard items.count == node.items.count && (1...countMax).contains(items.count) && Set(items).count == items.count
      else { return nil }
      return items
    }
  }

  /// The location of the value of `key`, or of the mapping where the key is left out.
  func place(of key: Key) -> SpecPlace {
    SpecPlace(path: path, line: values[key.rawValue]?.line ?? line, keyPath: join(key))
  }

  /// - Throws: `SpecError` where the file gives `key`; `allowed` says when it may.
  func refuse(_ key: Key, allowed: String) throws(SpecError) {
    guard let node = values[key.rawValue] else { return }
    throw error(key, line: node.line, .wrongValue(found: node.summary, allowed: allowed))
  }

  /// The error for a value that is allowed by itself but does not fit the rest of the spec.
  func mismatch(_ key: Key, found: some CustomStringConvertible, allowed: String) -> SpecError {
    let node = values[key.rawValue]
    let found = node == nil ? "\(found) (the default)" : found.description
    return error(key, line: node?.line ?? line, .wrongValue(found: found, allowed: allowed))
  }

  /// Whole numbers without their `.0`.
  private func short(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }

  private func value<Value>(
    _ key: Key, allowed: String, default: Value?, read: (SpecNode) -> Value?
  ) throws(SpecError) -> Value {
    guard let node = values[key.rawValue] else {
      guard let `default` else { throw error(key, line: line, .missingKey(allowed: allowed)) }
      return `default`
    }
    guard let value = read(node) else {
      throw error(key, line: node.line, .wrongValue(found: node.summary, allowed: allowed))
    }
    return value
  }

  private func error(_ key: Key, line: Int, _ problem: SpecError.Problem) -> SpecError {
    SpecError(path: path, line: line, keyPath: join(key), problem: problem)
  }

  private func join(_ key: Key) -> String { Self.join(keyPath, key.rawValue) }

  private static func join(_ keyPath: String, _ key: String) -> String { keyPath.isEmpty ? key : "\(keyPath).\(key)" }
}

extension SpecNode {
  /// The text of a scalar; nil where it is plain and means null.
  var text: String? {
    guard case .scalar(let text, let isPlain) = content else { return nil }
    return isPlain && ["", "~", "null", "Null", "NULL"].contains(text) ? nil : text
  }

  /// A plain scalar that is a whole number in YAML 1.1 and in 1.2: no octal, hexadecimal or base 60, no underscores,
  /// and no leading zeros, which the two versions read differently.
  fileprivate var decimalDigits: String? {
    guard case .scalar(let text, isPlain: true) = content else { return nil }
    let digits = text.utf8.drop { "+-".utf8.contains($0) }
    // Model files are read through this too: a regular expression would take a tenth of the time to infer an image.
    let isNumber =
      text.utf8.count - digits.count <= 1 && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return isNumber && !digits.isEmpty && (digits.count == 1 || digits.first != UInt8(ascii: "0")) ? text : nil
  }

  /// A plain scalar that is a number in decimal digits.
  fileprivate var decimalNumber: Double? {
    guard case .scalar(let text, isPlain: true) = content, isDecimal(text) else { return nil }
    return Double(text)
  }

  fileprivate var isScalar: Bool {
    if case .scalar = content { true } else { false }
  }

  fileprivate var isList: Bool {
    if case .list = content { true } else { false }
  }

  /// The items of a list, or the node itself where it is not a list.
  fileprivate var items: [SpecNode] {
    if case .list(let items) = content { items } else { [self] }
  }

  /// The value as an error message shows it.
  var summary: String {
    switch content {
    case .list(let items) where items.count <= 4 && items.allSatisfy(\.isScalar):
      "[\(items.map(\.summary).joined(separator: ", "))]"
    case .list: "a list"
    case .mapping: "a mapping"
    case .scalar(let text, let isPlain):
      if self.text == nil {
        "nothing"
      } else if isDecimal(text) {
        // Without its quotes it would be a number.
        isPlain ? oneLine(text, countMax: 40) : "the text \"\(oneLine(text, countMax: 40))\""
      } else {
        "\"\(oneLine(text, countMax: 40))\""
      }
    }
  }

  private func isDecimal(_ text: String) -> Bool {
    text.wholeMatch(of: /[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?/) != nil
  }
}
