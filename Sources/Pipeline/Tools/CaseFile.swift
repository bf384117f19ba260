import Files
import Foundation
import Generator
import Images
import Samples
import Workers

/// Images to be drawn: a file in JSON Lines with the parameters of one image a line, by name.
package struct CaseFile: Sendable {
  /// A line of the file.
  struct Case {
    /// From 1.
    let line: Int
    let parameters: StyleParameters
  }

  /// What was drawn of a case.
  package struct Drawing: Sendable {
    package let file: String
    package let text: String
  }

  private static let byteCountMax = 256 << 20

  package let path: String
  private let cases: [Case]

  /// Blank lines are no cases.
  /// - Throws: `FileError` or `PipelineError.invalidCase`.
  package init(_ path: String) throws {
    self.path = path
    let file = try ReadableFile(path)
    guard file.byteCount <= Self.byteCountMax else {
      throw PipelineError.invalidCase(path: path, line: nil, reason: "more than \(Self.byteCountMax) bytes")
    }
    cases = try Data(file.read(at: 0, count: file.byteCount))
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .filter { !$0.element.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") } }
      .map { place, text in Case(line: place + 1, parameters: try decode(text, line: place + 1, of: path)) }
    guard !cases.isEmpty else { throw PipelineError.invalidCase(path: path, line: nil, reason: "no cases") }
  }

  package var count: Int { cases.count }

  /// Draws every case, RGB, as `000.png` and so on in `folder`, which is made where it is not there.
  /// - Parameter font: Family name of an installed font, or the path of a font file.
  /// - Throws: `GeneratorError` for the font, `PipelineError.invalidCase` for the first case that cannot be drawn, and
  ///   what makes it impossible to write the images.
  package func render(
    to folder: String, font: String, threadCount: Int?, cancellation: Cancellation, report: (_ done: Int) -> Void
  ) throws -> [Drawing] {
    let font = try FontFile.find(font)
    try SystemFileSystem().createDirectory(folder)
    let threads = Team(threadCount: threadCount).threadCount
    let drawings = OrderedStream(jobs: 0..<count, threadCount: threads, window: 2 * threads) { number in
      let file = "\(folder)/\(padded(number, digitCount: 3)).png"
      try PNGWriter.write(try draw(cases[number], font), to: file)
      return Drawing(file: file, text: cases[number].parameters.text)
    }
    var done: [Drawing] = []
    while let drawing = try drawings.next() {
      try cancellation.check()
      done.append(drawing)
      report(done.count)
    }
    return done
  }

  private func draw(_ drawn: Case, _ font: FontFile) throws(PipelineError) -> Image {
    do {
      return try drawn.parameters.render(font: font, format: .rgb)
    } catch {
      throw .invalidCase(path: path, line: drawn.line, reason: error.description)
    }
  }
}

private func decode(_ text: Data, line: Int, of path: String) throws(PipelineError) -> StyleParameters {
  do {
    return try JSONDecoder().decode(StyleParameters.self, from: text)
  } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
    // The decoder calls it invalid JSON, too, where a number does not fit its place.
    let isJSON = (try? JSONSerialization.jsonObject(with: text, options: .fragmentsAllowed)) != nil
    let reason = isJSON ? "a number is too large, or not whole where it must be" : "no valid JSON"
    throw .invalidCase(path: path, line: line, reason: reason)
  } catch let error as DecodingError {
    throw .invalidCase(path: path, line: line, reason: reason(of: error))
  } catch {
    throw .invalidCase(path: path, line: line, reason: "\(error)")
  }
}

/// Where in the line and what, such as `glyphs[2].cell: expected ...`.
private func reason(of error: DecodingError) -> String {
  func place(_ path: [any CodingKey]) -> String {
    path.reduce("") { text, key in
      text + (key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? key.stringValue : "." + key.stringValue))
    }
  }
  func told(_ context: DecodingError.Context) -> String {
    let place = place(context.codingPath)
    return place.isEmpty ? "no JSON object" : place + ": " + context.debugDescription
  }
  return switch error {
  case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
  case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): told(context)
  @unknown default: "\(error)"
  }
}
