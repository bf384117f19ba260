import Files
import Foundation
import Generator
import Images
import Samples
import Workers

/// A JSON Lines file with the parameters of one image a line, to be drawn.
package struct CaseFile: Sendable {
  /// The image drawn for a case.
  package struct Drawing: Sendable, Encodable {
    package let file: String
    package let text: String
  }

  private static let byteCountMax = 256 << 20

  private let path: String
  /// Each with its line number, from 1.
  private let cases: [(line: Int, parameters: any ImageParameters)]

  /// Skips blank lines.
  /// - Throws: `FileError` or `PipelineError.invalidCase`.
  package init(_ path: String) throws {
    self.path = path
    let file = try ReadableFile(path)
    guard file.byteCount <= Self.byteCountMax else {
      throw PipelineError.invalidCase(path: path, line: nil, reason: "it has more than \(Self.byteCountMax) bytes")
    }
    cases = try Data(file.read(at: 0, count: file.byteCount))
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .filter { !$0.element.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") } }
      .map { index, text in (index + 1, try decode(text, line: index + 1, of: path)) }
    guard !cases.isEmpty else { throw PipelineError.invalidCase(path: path, line: nil, reason: "it has no cases") }
  }

  package var count: Int { cases.count }

  /// Draws every case in RGB, as `000.png` and so on, in `folder`, which is created if it does not exist.
  /// - Parameter font: Family name of an installed font, or the path of a font file.
  /// - Throws: `GeneratorError` for the font, `PipelineError.invalidCase` for the first case that cannot be drawn,
  ///   `FileError` or `ImageError` where an image cannot be written.
  package func render(
    to folder: String, font: String, threadCount: Int?, cancellation: Cancellation, report: (_ done: Int) -> Void
  ) throws -> [Drawing] {
    let font = try FontFile.find(font)
    try SystemFileSystem().createDirectory(folder)
    let threads = Team(threadCount: threadCount).threadCount
    let drawings = OrderedStream(jobs: 0..<count, threadCount: threads, window: 2 * threads) { number in
      let file = "\(folder)/\(padded(number, digitCount: 3)).png"
      let image: Image
      let (line, parameters) = cases[number]
      do throws(GeneratorError) {
        image = try parameters.render(font: font, format: .rgb)
      } catch {
        throw PipelineError.invalidCase(path: path, line: line, reason: error.description)
      }
      try PNGWriter.write(image, to: file)
      return Drawing(file: file, text: parameters.text)
    }
    var done: [Drawing] = []
    while let drawing = try drawings.next() {
      try cancellation.check()
      done.append(drawing)
      report(done.count)
    }
    return done
  }
}

private func decode(_ text: Data, line: Int, of path: String) throws(PipelineError) -> any ImageParameters {
  do {
    return try JSONDecoder().decode(StyleParameters.self, from: text).image
  } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
    // The decoder reports a number that does not fit its type as invalid JSON, too.
    let isJSON = (try? JSONSerialization.jsonObject(with: text, options: .fragmentsAllowed)) != nil
    let reason = isJSON ? "a number is too large, or not whole where it must be" : "it is not valid JSON"
    throw .invalidCase(path: path, line: line, reason: reason)
  } catch let error as DecodingError {
    throw .invalidCase(path: path, line: line, reason: reason(of: error))
  } catch {
    throw .invalidCase(path: path, line: line, reason: "\(error)")
  }
}

/// The key path and what is wrong there, such as `glyphs[2].cell: expected ...`.
private func reason(of error: DecodingError) -> String {
  func keyPath(_ path: [any CodingKey]) -> String {
    path.reduce("") { text, key in
      text + (key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? key.stringValue : "." + key.stringValue))
    }
  }
  func told(_ context: DecodingError.Context) -> String {
    let keyPath = keyPath(context.codingPath)
    return keyPath.isEmpty ? "it is not a JSON object" : keyPath + ": " + context.debugDescription
  }
  return switch error {
  case .keyNotFound(let key, let context): "\(keyPath(context.codingPath + [key])) is missing"
  case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): told(context)
  @unknown default: "\(error)"
  }
}
