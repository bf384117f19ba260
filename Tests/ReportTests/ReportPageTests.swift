import Catalog
import Foundation
import Report
import Samples
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The page as a browser sees it: whole, by itself, and safe from what labels and specs say.
@Suite struct ReportPageTests {
  /// A label and a spec that would break a page which took them as they are.
  private let hostile = "<&\"'>"

  private func page(curve: [CurvePointRow], mistakes: Int) throws -> String {
    let characters = hostile.map { String($0) } + [""]
    let mistake = try decode(
      MistakeRow.self,
      ["sampleIndex": 7, "file": "", "record": 0, "label": hostile, "predicted": "<&\"", "confidence": 0.5])
    let reading = ReportPage.Example(
      mistake, image: Image(geometry: Geometry(width: 16, height: 8, format: .gray), filledWith: 200),
      candidates: [[("<", 0.75), ("", .nan)]])
    let pairRow = try decode(
      ConfusedPairRow.self, ["truth": "<", "predicted": "", "count": 3, "shareOfTruth": 0.5])
    return try ReportPage(
      pipeline: "test", evaluation: evaluation, curve: curve, characters: characters,
      confusion: try characters.flatMap { truth in
        try characters.map { predicted in
          try decode(
            ConfusionShareRow.self, ["truth": truth, "predicted": predicted, "count": 4, "share": 0.25])
        }
      },
      pairs: [(pairRow, [reading])],
      characterAccuracy: try characters.map {
        try decode(TallyRow.self, ["name": $0, "count": 16, "correct": 4])
      },
      positionAccuracy: [try decode(TallyRow.self, ["name": "1", "count": 16, "correct": 16])],
      calibration: [
        try decode(
          CalibrationRow.self,
          ["low": 0.9, "high": 1.0, "images": 16, "meanConfidence": 0.95, "accuracy": 0.5])
      ],
      calibrationError: 0.45, mistakes: [ReportPage.Example](repeating: reading, count: mistakes),
      dataset: [("characters", hostile)], model: [("layers", hostile)], runs: [],
      spec: "name: \(hostile)</pre><script>alert(1)</script>"
    ).html()
  }

  private var evaluation: AccuracyRow {
    AccuracyRow(
      evaluation: 1, modelHash: "h", split: .test,
      accuracy: Accuracy(images: 16, exact: 8, caseFoldedExact: 10, characters: 64, correctCharacters: 51))
  }

  /// A row of the catalog as it would be read.
  private func decode<Row: Decodable>(_: Row.Type, _ columns: [String: Any]) throws -> Row {
    try JSONDecoder().decode(Row.self, from: JSONSerialization.data(withJSONObject: columns))
  }

  private var points: [CurvePointRow] {
    get throws {
      try (1...50).map { step in
        var columns: [String: Any] = ["images": step * 100, "learningRate": 0.001 * Double(step)]
        if step != 7 { columns["loss"] = 4 / Double(step) }
        if step > 1 { columns["imagesPerSecond"] = 900 }
        columns["accuracy"] = 0.015 * Double(step)
        if step % 10 == 0 { columns["validationAccuracy"] = 0.0141 * Double(step) }
        return try decode(CurvePointRow.self, columns)
      }
    }
  }

  /// Every element is closed, every attribute quoted and every text escaped, as XML asks for.
  @Test func isWellFormed() throws {
    let parser = XMLParser(data: Data(try page(curve: points, mistakes: 3).utf8))
    parser.shouldResolveExternalEntities = false
    #expect(parser.parse(), "\(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")")
  }

  @Test func standsByItself() throws {
    let page = try page(curve: points, mistakes: 3)
    for fetching in ["http:", "https:", "<script", "@import", "url("] {
      #expect(!page.contains(fetching), "\(fetching)")
    }
    let sources = page.components(separatedBy: "src=\"").dropFirst()
    #expect(sources.count == 4 && sources.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
    let images = page.components(separatedBy: "<img ").dropFirst()
    #expect(images.allSatisfy { $0.prefix { $0 != ">" }.contains("alt=\"Sample 7") })
  }

  @Test func showsWhatThereIs() throws {
    let page = try page(curve: points, mistakes: 2)
    let texts = [
      "50.00 %", "28.00 %", "72.00 %", "&lt;&amp;&quot;&#39;&gt;", "polyline", "predicted as <code>end</code>",
    ]
    for text in texts {
      #expect(page.contains(text), "\(text)")
    }
    // Training and validation are two lines of one chart, with a table behind it that has every validation.
    let legend = ["line0\">training images", "line1\">validation images"]
    let validation = ["14.10 %", "28.20 %", "42.30 %", "56.40 %", "70.50 %"]
    for text in legend + validation { #expect(page.contains(text), "\(text)") }
    let without = try self.page(curve: [], mistakes: 0)
    #expect(!without.contains("polyline") && !without.contains("Wrong predictions"))
  }

  @Test(.enabled(if: Chromium.isAvailable, "the program chromium is not installed (Debian: apt-get install chromium)"))
  func chromiumHasNoComplaint() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "glyphline-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "report.html")
    try page(curve: points, mistakes: 3).write(to: file, atomically: false, encoding: .utf8)
    let (content, messages) = try Chromium.open(file, profile: folder.appending(path: "profile"))
    #expect(content.contains("</svg>") && content.contains("Wrong predictions"))
    #expect(!messages.contains("CONSOLE"), "\(messages)")
  }
}

/// The browser without a window.
private enum Chromium {
  static let isAvailable = FileManager.default.isExecutableFile(atPath: path)
  private static let path = "/usr/bin/chromium"

  /// - Returns: The page as the browser built it, and what it said on its console and elsewhere.
  static func open(_ file: URL, profile: URL) throws -> (content: String, messages: String) {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
      "--user-data-dir=\(profile.path())", "--dump-dom", file.absoluteString,
    ]
    let messages = profile.deletingLastPathComponent().appending(path: "messages.txt")
    try Data().write(to: messages)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: messages)
    try process.run()
    let content = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: content, as: UTF8.self), try String(contentsOf: messages, encoding: .utf8))
  }
}
