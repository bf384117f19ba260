import Files
import Foundation
import Shards
import Testing

/// The page `Schemas/shard-v1.md`, the code and the bytes say the same.
@Suite struct ShardFormatTests {
  private let page: [Substring]

  init() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("Schemas/shard-v1.md"), encoding: .utf8)
    page = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The rows of all tables under the heading, whose offset and byte count are fixed numbers.
  private func rows(under heading: String) throws -> [String] {
    let start = try #require(page.firstIndex(of: "## " + heading[...]))
    let section = page[(start + 1)...].prefix { !$0.hasPrefix("## ") }
    return section.compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard cells.count > 4, let offset = Int(cells[1]), let byteCount = Int(cells[2]) else { return nil }
      return row(cells[3].trimmingCharacters(in: ["`"]), offset, byteCount)
    }
  }

  private func row(_ name: String, _ offset: Int, _ byteCount: Int) -> String { "\(name) at \(offset): \(byteCount)" }

  @Test(
    arguments: [
      ("Header", HeaderLayout.fields), ("Record", RecordLayout.fields),
      (
        "Seek table", SeekTableLayout.headFields + SeekTableLayout.entryFields + SeekTableLayout.footerFields
      ),
    ])
  func tablesGiveTheFields(heading: String, fields: [ShardField]) throws {
    #expect(try rows(under: heading) == fields.map { row($0.name, $0.offset, $0.byteCount) })
  }

  @Test func smallestFileIsTheOneOnThePage() throws {
    let start = try #require(page.firstIndex(of: "```hex"))
    let digits = page[(start + 1)...].prefix { $0 != "```" }.joined(separator: " ").split(separator: " ")
    let bytes = try digits.map { try #require(UInt8($0, radix: 16)) }

    let folder = try TemporaryFolder()
    let path = folder.file("smallest.shard.zst")
    let summary = try write(ShardExamples.smallest(), to: path)
    #expect(try ReadableFile.contents(of: path) == bytes)
    #expect(summary.byteCount == bytes.count)
    #expect(page.contains { $0.contains("\(bytes.count) bytes:") })
    // The committed file is what readers of all later versions must still read.
    let fixture = try #require(
      Bundle.module.path(forResource: "smallest", ofType: "shard.zst", inDirectory: "Fixtures"))
    #expect(try ReadableFile.contents(of: fixture) == bytes)
  }
}
