import Files
import Yams

/// A YAML document as a tree of plain values, each with the line it starts on. Only this file uses the YAML library.
struct SpecNode {
  enum Content {
    /// Text without its quotes and escapes. Only a plain scalar, one written without quotes, can be a number.
    case scalar(String, isPlain: Bool)
    case list([SpecNode])
    case mapping([Entry])
  }

  struct Entry {
    let key: String
    let line: Int
    let value: SpecNode
  }

  /// From 1.
  let line: Int
  let content: Content
}

/// Turns the text of a spec file into nodes.
struct SpecParser {
  /// More than any spec needs: 65,534 characters of a charset in three bytes each, and the rest.
  static let byteCountMax = 256 << 10

  /// The spec file, as the caller named it.
  let path: String

  /// The text of the file at `path`.
  func readText() throws(SpecError) -> String {
    let bytes = try readFile()
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
      throw notYAML("not UTF-8 text", line: index.map { $0 + 1 })
    }
    return text
  }

  private func readFile() throws(SpecError) -> [UInt8] {
    do throws(FileError) {
      // One byte past the limit is enough to tell that the file is too long.
      return try ReadableFile(path).read(at: 0, count: Self.byteCountMax + 1)
    } catch {
      throw SpecError(path: path, line: nil, keyPath: "", problem: .unreadable(error))
    }
  }

  /// The one document in `yaml`.
  func parse(_ yaml: String) throws(SpecError) -> SpecNode {
    guard yaml.utf8.count <= Self.byteCountMax else {
      throw notYAML("longer than a spec may be (\(Self.byteCountMax) bytes)", line: nil)
    }
    if let name = aliasedAnchor(in: yaml) {
      let line = yaml.split(omittingEmptySubsequences: false) { $0.isNewline }.lastIndex { $0.contains("*\(name)") }
      throw notYAML("*\(name) for &\(name): aliases are not allowed", line: line.map { $0 + 1 })
    }
    // The byte order mark, which some editors write; the YAML library expects it stripped.
    let hasMark = yaml.unicodeScalars.first == "\u{FEFF}"
    let root: Node?
    do {
      root = try Parser(yaml: hasMark ? String(yaml.unicodeScalars.dropFirst()) : yaml, encoding: .utf8).singleRoot()
    } catch let error as YamlError {
      throw specError(of: error)
    } catch {
      throw notYAML("\(error)", line: nil)
    }
    guard let root else { throw notYAML("the file is empty", line: nil) }
    return try specNode(root)
  }

  private func notYAML(_ reason: String, line: Int?) -> SpecError {
    SpecError(path: path, line: line, keyPath: "", problem: .notYAML(reason))
  }

  /// A name that follows both a `&` and a `*` in the text. A few nested aliases make a document of billions of nodes,
  /// which the YAML library would visit when it compares keys, so such a text must not reach it. Searching the raw text
  /// finds every alias of an anchor, and also some that are not, such as the same name after both signs in a comment.
  private func aliasedAnchor(in yaml: String) -> String? {
    anchorNames(after: UInt8(ascii: "&"), in: yaml).intersection(anchorNames(after: UInt8(ascii: "*"), in: yaml)).min()
  }

  private func anchorNames(after sign: UInt8, in yaml: String) -> Set<String> {
    let parts = Array(yaml.utf8).split(separator: sign, omittingEmptySubsequences: false).dropFirst()
    let names = parts.map { part in
      String(decoding: part.prefix { isAnchorCharacter($0) }, as: UTF8.self)
    }
    return Set(names).subtracting([""])
  }

  /// Whether libyaml allows the byte in an anchor's name (macro `IS_ALPHA`).
  private func isAnchorCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private func specNode(_ node: Node) throws(SpecError) -> SpecNode {
    let line = node.mark?.line ?? 1
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain
      // The library tags quoted text as a string.
      try check(scalar.tag, isAmong: isPlain ? [.implicit] : [.implicit, .str], line: line)
      return SpecNode(line: line, content: .scalar(scalar.string, isPlain: isPlain))
    case .sequence(let sequence):
      try check(sequence.tag, isAmong: [.implicit], line: line)
      return SpecNode(line: line, content: .list(try nodes(of: sequence)))
    case .mapping(let mapping):
      try check(mapping.tag, isAmong: [.implicit], line: line)
      return SpecNode(line: line, content: .mapping(try entries(of: mapping)))
    case .alias:
      throw notYAML("aliases are not allowed", line: line)
    }
  }

  private func nodes(of sequence: Node.Sequence) throws(SpecError) -> [SpecNode] {
    var nodes: [SpecNode] = []
    for node in sequence { nodes.append(try specNode(node)) }
    return nodes
  }

  private func check(_ tag: Tag, isAmong allowed: [Tag.Name], line: Int) throws(SpecError) {
    guard allowed.contains(where: { tag == Tag($0) }) else {
      throw notYAML("tag \(tag): tags are not allowed", line: line)
    }
  }

  private func entries(of mapping: Node.Mapping) throws(SpecError) -> [SpecNode.Entry] {
    var entries: [SpecNode.Entry] = []
    var keys: Set<String> = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? 1
      guard case .scalar(let scalar) = key else { throw notYAML("a key that is not a word", line: line) }
      // The library finds repeated keys too, but takes 1 and "1" for different keys.
      guard keys.insert(scalar.string).inserted else { throw repeatedKey(scalar.string, line: line) }
      entries.append(SpecNode.Entry(key: scalar.string, line: line, value: try specNode(value)))
    }
    return entries
  }

  private func repeatedKey(_ key: String, line: Int) -> SpecError {
    SpecError(path: path, line: line, keyPath: key, problem: .repeatedKey)
  }

  private func specError(of error: YamlError) -> SpecError {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      return notYAML("not YAML: \(problem)\(context.map { ", \($0.text)" } ?? "")", line: mark.line)
    case .composer(_, "but found another document", let mark, _):
      return notYAML("a second document, allowed: one in a file", line: mark.line)
    case .composer(_, let problem, let mark, _):
      return notYAML("not YAML: \(problem)", line: mark.line)
    case .reader(let problem, let offset, _, let yaml):
      let line = offset.map { offset in 1 + yaml.prefix(offset).count { $0.isNewline } }
      return notYAML("not YAML: \(problem)", line: line)
    case .duplicatedKeysInMapping(let keys, let context):
      return repeatedKey(keys.first ?? "", line: context.mark.line)
    default:
      return notYAML("not YAML: \(error)", line: nil)
    }
  }
}
