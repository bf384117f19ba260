import Foundation
import Network
import Samples
import Specs
import Testing

/// The JSON Schema and the reader say the same: keys, which of them are required, ranges, choices and defaults. Each
/// test takes a spec with every key, changes one, and compares what the reader says with what the schema says.
@Suite struct SchemaTests {
  private typealias Object = [String: Any]

  private let schema: Object
  /// Every key, each with a value that leaves the other keys their whole range as far as may be.
  private let complete: Object = [
    "name": "complete", "seed": 1,
    "captcha": [
      "weight": 1, "splits": ["train", "validation", "test"], "style": "image-captcha", "charset": "digits",
      "length": 4, "width": 80, "height": 171,
      "color": "gray",
      "font": "Noto Mono",
      "image-captcha": [
        "font_sizes": 8, "rotation": 0, "warp_x": 0, "warp_y": 0, "offset_x": 0, "offset_y": 0, "space_probability": 0,
        "overlap": 0, "background_color": 255, "text_color": 0, "text_opacity": 255, "dot_count": 0, "dot_width": 1,
        "arc_count": 0, "arc_start": 0, "arc_end": 180,
      ] as Object,
    ] as Object,
    "datasets": ["train": ["count": 100_000], "validation": ["count": 1000], "test": ["count": 1000]],
    "shards": ["records": 8192, "block": 1, "compression": 1, "on_corrupt": "stop"] as Object,
    "model": ["name": "glyphnet"],
    "training": [
      "batch": 1, "candidates": 1, "lanes": 1, "epochs": 1, "optimizer": "adamw", "learning_rate": 0.003,
      "weight_decay": 0,
      "schedule": "one-cycle", "warmup": 0, "label_smoothing": 0, "average": 0, "distortion": 0, "precision": "auto",
      "checkpoint_every": 1,
    ] as Object,
    "evaluation": ["split": "test"],
  ]
  /// The parameters of the other styles, of which a spec has those of its own alone.
  private let otherStyles: [String: Object] = [
    "wheezy": [
      "font_sizes": 8, "warp_x": 0, "warp_y": 0, "rotation": 0, "offset_x": 0, "offset_y": 0, "squeeze_factor": 1,
      "background_color": "#FFFFFF", "text_color": "#000000", "curve_count": 0, "curve_color": "#000000",
      "curve_width": 2, "curve_points": 2, "noise_count": 0, "noise_color": "#000000", "noise_level": 1,
    ],
    "plain": ["font_sizes": 8, "background_color": "#FFFFFF", "text_color": "#000000"],
  ]

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: root.appending(path: "Schemas/pipeline.schema.json"))
    schema = try #require(JSONSerialization.jsonObject(with: data) as? Object)
  }

  @Test func theCompleteSpecsAreAccepted() throws {
    #expect(try refusal(of: complete) == nil)
    for style in otherStyles.keys { #expect(try refusal(of: complete(for: ["captcha", style])) == nil) }
  }

  @Test func everyMappingHasTheSameKeys() throws {
    for (path, mapping) in try mappings() {
      #expect(mapping["additionalProperties"] as? Bool == false, "\(path)")
      let error = try #require(try refusal(of: setting(path + ["unheard-of"], to: 1)))
      guard case .unknownKey(let allowed) = error.problem else {
        Issue.record("\(error)")
        continue
      }
      #expect(Set(allowed) == Set(try properties(of: mapping).keys), "\(path)")
    }
  }

  @Test func everyMappingRequiresTheSameKeys() throws {
    for (path, mapping) in try mappings() {
      let required = try #require(mapping["required"] as? [String] ?? [])
      for key in try properties(of: mapping).keys {
        let error = try refusal(of: setting(path + [key], to: nil))
        // The evaluated split of the complete spec is test; without it the error is another one.
        let isRequired = error.map { $0.keyPath.hasPrefix((path + [key]).joined(separator: ".")) } ?? false
        #expect(isRequired == required.contains(key), "\(path) \(key): \(error?.description ?? "no error")")
      }
    }
  }

  @Test func everyNumberHasTheSameRange() throws {
    var count = 0
    for (path, property) in try leaves().map({ ($0, single($1)) })
    where ["integer", "number"].contains(property["type"] as? String) {
      let isWhole = property["type"] as? String == "integer"
      let step = isWhole ? Decimal(1) : Decimal(sign: .plus, exponent: -9, significand: 1)
      let maximum = try #require(decimal(property["maximum"]))
      let exclusiveMinimum = decimal(property["exclusiveMinimum"])
      let minimum = try #require(exclusiveMinimum.map { $0 + step } ?? decimal(property["minimum"]))
      for (value, isAllowed) in [
        (minimum, true), (maximum, true), (minimum - step, false), (maximum + step, false),
        (-maximum, minimum <= -maximum),
      ] {
        #expect(try isAccepted(path, NSDecimalNumber(decimal: value)) == isAllowed, "\(path): \(value)")
      }
      #expect(
        try isAccepted(path, NSDecimalNumber(decimal: minimum + Decimal(sign: .plus, exponent: -1, significand: 5)))
          != isWhole, "\(path)")
      #expect(try !isAccepted(path, "1"), "\(path)")
      count += 1
    }
    #expect(count == 51)
  }

  @Test func everyRangeAndListHasTheSameForm() throws {
    var (rangeCount, listCount) = (0, 0)
    for (path, property) in try leaves() {
      guard let list = (property["anyOf"] as? [Object])?.last else { continue }
      let item = try #require(list["items"] as? Object)
      let examples = item["enum"] as? [String] ?? item["examples"] as? [String] ?? ["one", "two"]
      let (low, high): (Any, Any) = (item["minimum"] ?? examples[0], item["maximum"] ?? examples[1])
      let isRange = list["maxItems"] as? Int == 2
      for (value, isAllowed) in [
        ([low, high], true), ([high, low], !isRange), ([low], !isRange), ([low, low], isRange), ([], false),
        ([low, [high]], false), (Array(repeating: high, count: 101), false),
      ] as [([Any], Bool)] {
        #expect(try isAccepted(path, value) == isAllowed, "\(path): \(value)")
      }
      if isRange { rangeCount += 1 } else { listCount += 1 }
    }
    #expect(rangeCount == 16 && listCount == 11)
  }

  @Test func everyChoiceHasTheSameWords() throws {
    var count = 0
    for (path, property) in try leaves() {
      guard let words = property["enum"] as? [String] else { continue }
      for word in words { #expect(try isAccepted(path, word), "\(path): \(word)") }
      let error = try #require(try refusal(of: setting(path, to: "unheard-of")))
      #expect(
        error.problem == .wrongValue(found: "\"unheard-of\"", allowed: error.allowedWords(words)), "\(path): \(error)")
      count += 1
    }
    #expect(count == 8)
  }

  @Test func everyLayerHasTheSameSettings() throws {
    let definitions = try #require(schema["$defs"] as? [String: Object])
    let forms = try #require(definitions["layer"]?["anyOf"] as? [Object])
    func accepts(_ layer: Any) throws -> Bool {
      try refusal(of: setting(["model"], to: ["layers": [layer]] as Object)) == nil
    }
    for word in try #require(forms[0]["enum"] as? [String]) { #expect(try accepts(word), "\(word)") }
    for (word, layer) in try properties(of: forms[1]) {
      let (settings, required) = (try properties(of: layer), layer["required"] as? [String] ?? [])
      let least = Dictionary(uniqueKeysWithValues: required.map { ($0, 1) }) as Object
      #expect(try accepts([word: least]) && accepts(word) == required.isEmpty && !accepts([word: ["unheard-of": 1]]))
      for (key, property) in settings {
        func takes(_ value: Any) throws -> Bool {
          try accepts([word: least.merging([key: value]) { $1 }])
        }
        guard property["type"] as? String != "boolean" else {
          #expect(try takes(true) && takes(false) && !takes("true"))
          continue
        }
        let (low, high) = (try #require(decimal(property["minimum"])), try #require(decimal(property["maximum"])))
        for (value, isAllowed) in [(low, true), (high, true), (low - 1, false), (high + 1, false)] {
          #expect(try takes(NSDecimalNumber(decimal: value)) == isAllowed, "\(word) \(key) \(value)")
        }
      }
    }
  }

  @Test func everySplitMayBeImported() throws {
    let definitions = try #require(schema["$defs"] as? [String: Object])
    let forms = try #require(definitions["dataset"]?["anyOf"] as? [Object])
    let word = try #require(forms.last?["const"] as? String)
    for split in try properties(of: #require(properties(of: schema)["datasets"])).keys {
      #expect(try isAccepted(["datasets", split], word) && !isAccepted(["datasets", split], word + "s"), "\(split)")
    }
  }

  @Test func everyDefaultIsTheSame() throws {
    func spec(_ captcha: String) throws -> PipelineSpec {
      let text = """
        name: x
        captcha: {charset: digits, length: 4\(captcha)}
        datasets: {train: {count: 1000}, test: {count: 10}}
        """
      return try PipelineSpec(yaml: text, path: "x.yaml")
    }
    let styles = try otherStyles.keys.map { try spec(", style: \($0)").captcha.canonicalText }
    let spec = try spec("")
    let sections = [
      "captcha": ([spec.captcha.canonicalText] + styles).joined(), "shards": spec.shards.canonicalText,
      "model": spec.model.canonicalText,
      "training": spec.training.canonicalText, "evaluation": spec.evaluation.canonicalText,
    ]
    for (path, property) in try leaves() {
      guard let value = property["default"] else { continue }
      if path == ["seed"] {
        #expect(value as? UInt64 == spec.seed)
      } else if path == ["shards", "on_corrupt"] {
        #expect(value as? String == spec.shards.onCorrupt.rawValue)
      } else if path == ["captcha", "splits"] {
        // The text has them where there are several entries, and not all splits, only.
        #expect((value as? [String]).map(Set.init) == Set(spec.captcha.entries[0].splits.map(\.rawValue)))
      } else if path == ["training", "lanes"] {
        // The text has them where they are others only.
        #expect(value as? Int == spec.training.laneCountMax)
      } else if path == ["captcha", "weight"] {
        // The text has weights where there are several entries only.
        #expect(value as? Double == spec.captcha.entries[0].weight)
      } else {
        let line = path.dropFirst().joined(separator: ".") + "=" + canonical(value, as: single(property))
        #expect(try #require(sections[path[0]]).split(separator: "\n").contains(Substring(line)), "\(line)")
      }
    }
    let required: Set = ["name", "captcha.charset", "captcha.length", "model.layers"]
    for (path, property) in try leaves() where property["default"] == nil {
      let keyPath = path.joined(separator: ".")
      #expect(required.contains(keyPath) || keyPath.hasSuffix(".count"), "\(keyPath) has no default")
    }
  }

  @Test func namesFitThePattern() throws {
    let pattern = try #require(try properties(of: schema)["name"]?["pattern"] as? String)
    let regex = try Regex(pattern)
    for name in [
      "a", "-a", "A.b-c_9", ".a", "a/b", "a b", "ä", String(repeating: "n", count: 64),
      String(repeating: "n", count: 65),
    ] {
      #expect(try isAccepted(["name"], name) == (name.wholeMatch(of: regex) != nil), "\(name)")
    }
  }

  // MARK: The schema

  /// A number with all of its digits; `NSNumber.decimalValue` rounds those above 2^63.
  private func decimal(_ number: Any?) -> Decimal? { (number as? NSNumber).flatMap { Decimal(string: $0.stringValue) } }

  /// Every mapping of the schema with its key path, from the top down.
  private func mappings() throws -> [(path: [String], mapping: Object)] {
    var result: [(path: [String], mapping: Object)] = [([], schema)]
    var next = 0
    while next < result.count {
      let (path, mapping) = result[next]
      for (key, property) in try properties(of: mapping) where property["type"] as? String == "object" {
        result.append((path + [key], property))
      }
      next += 1
    }
    return result
  }

  /// Every key of the schema that holds one value.
  private func leaves() throws -> [(path: [String], property: Object)] {
    try mappings().flatMap { path, mapping in
      try properties(of: mapping).filter { $0.value["type"] as? String != "object" }.map { (path + [$0.key], $0.value) }
    }
  }

  /// What a property that also takes several values takes as one.
  private func single(_ property: Object) -> Object { (property["anyOf"] as? [Object])?.first ?? property }

  /// A value of the schema as canonical texts have it.
  private func canonical(_ value: Any, as property: Object) -> String {
    switch value {
    case let list as [Any]: "[\(list.map { canonical($0, as: property) }.joined(separator: ", "))]"
    case let text as String: "\"\(text)\""
    case let number as NSNumber where property["type"] as? String == "number": "\(number.doubleValue)"
    default: "\(value)"
    }
  }

  private func properties(of mapping: Object) throws -> [String: Object] {
    let definitions = try #require(schema["$defs"] as? [String: Object])
    let properties = try #require(mapping["properties"] as? [String: Object])
    return try properties.mapValues { property in
      // What may be a list of mappings may be one of them, too.
      guard let reference = (property["$ref"] ?? single(property)["$ref"]) as? String else { return property }
      let definition = try #require(definitions[String(reference.dropFirst("#/$defs/".count))])
      // A key that may hold a word in place of a mapping: the mapping comes first.
      return single(definition)
    }
  }

  // MARK: The reader

  /// The complete spec with another value, or none, at a key path.
  private func setting(_ path: [String], to value: Any?) throws -> Object {
    try setting(path[...], of: complete(for: path), to: value)
  }

  /// The complete spec; where the key path leads to another style's parameters, the one of that style.
  private func complete(for path: [String]) throws -> Object {
    guard path.count > 1, let parameters = otherStyles[path[1]] else { return complete }
    let named = try setting(["captcha", "style"], of: complete, to: path[1])
    let emptied = try setting(["captcha", "image-captcha"], of: named, to: nil)
    return try setting(["captcha", path[1]], of: emptied, to: parameters)
  }

  private func setting(_ path: ArraySlice<String>, of object: Object, to value: Any?) throws -> Object {
    let key = try #require(path.first)
    var object = object
    object[key] = path.count == 1 ? value : try setting(path.dropFirst(), of: object[key] as? Object ?? [:], to: value)
    return object
  }

  /// What the reader says of a spec, given as JSON, which is YAML too.
  private func refusal(of object: Object) throws -> SpecError? {
    let json = try JSONSerialization.data(withJSONObject: object, options: [.withoutEscapingSlashes])
    do throws(SpecError) {
      _ = try PipelineSpec(yaml: String(decoding: json, as: UTF8.self), path: "x.yaml")
      return nil
    } catch {
      return error
    }
  }

  /// Whether the reader takes the value at the key path; that it clashes with another key is another matter.
  private func isAccepted(_ path: [String], _ value: Any) throws -> Bool {
    try refusal(of: setting(path, to: value))?.keyPath != path.joined(separator: ".")
  }
}

extension SpecError {
  /// The words as the reader lists them, in its own order.
  fileprivate func allowedWords(_ words: [String]) -> String {
    guard case .wrongValue(_, let allowed) = problem else { return "" }
    return Set(allowed.components(separatedBy: " or ")) == Set(words) ? allowed : words.joined(separator: " or ")
  }
}
