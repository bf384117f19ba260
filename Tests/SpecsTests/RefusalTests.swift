import Files
import Foundation
import Network
import Samples
import Specs
import Testing

private let fixtures = Bundle.module.bundleURL.appending(path: "Fixtures/refused")

private func refusal(yaml: String) throws -> SpecError? {
  do throws(SpecError) {
    _ = try PipelineSpec(yaml: yaml, path: "x.yaml")
    return nil
  } catch {
    return error
  }
}

/// Calls `body` with the path of a file that holds `bytes`, and removes the file.
private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
  let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml").path
  try Data(bytes).write(to: URL(filePath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}

private func refusal(path: String) -> SpecError? {
  do throws(SpecError) {
    _ = try PipelineSpec(contentsOf: path)
    return nil
  } catch {
    return error
  }
}

@Suite struct RefusalTests {
  @Test(arguments: try FileManager.default.contentsOfDirectory(atPath: fixtures.path).sorted())
  func aFaultIsNamedWithItsPlace(name: String) throws {
    let path = fixtures.appending(path: name).path
    let firstLine = try String(contentsOfFile: path, encoding: .utf8).prefix { $0 != "\n" }
    let says = try #require(firstLine.wholeMatch(of: /# says: (.*)/)).1
    #expect(refusal(path: path)?.description == path + says)
  }

  @Test func aMissingFileIsNoInput() throws {
    let error = try #require(refusal(path: "/nowhere/x.yaml"))
    #expect(error.problem == .unreadable(FileError(.open, path: "/nowhere/x.yaml", code: ENOENT)))
    #expect(error.description == "cannot open /nowhere/x.yaml: No such file or directory")
  }

  @Test func aDirectoryIsNoInput() throws {
    let path = FileManager.default.temporaryDirectory.path
    #expect(refusal(path: path)?.problem == .unreadable(FileError(.open, path: path, code: EISDIR)))
  }

  @Test func anEmptyFileIsRefused() throws {
    try withFile([]) { path in #expect(refusal(path: path)?.description == "\(path): the file is empty") }
  }

  @Test func invalidUTF8IsRefusedWithItsLine() throws {
    try withFile(Array("name: x\n# ".utf8) + [0xC3, 0x28]) { path in
      #expect(refusal(path: path)?.description == "\(path):2: not UTF-8 text")
    }
  }

  @Test func controlCharactersAreRefusedWithTheirLine() throws {
    #expect(
      try refusal(yaml: "name: x\nseed: \u{0}1")?.description
        == "x.yaml:2: not YAML: control characters are not allowed")
  }

  @Test func aFileOfManyBytesIsRefusedUnparsed() throws {
    try withFile([UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)) { path in
      #expect(refusal(path: path)?.description == "\(path): longer than a spec may be (262144 bytes)")
    }
  }

  @Test(arguments: ["[", "{", "- ", "? ", "{a: ", "[[{"])
  func deepNestingIsRefused(opening: String) throws {
    #expect(try refusal(yaml: String(repeating: opening, count: 250_000 / opening.count)) != nil)
    #expect(try refusal(yaml: String(repeating: opening, count: 900)) != nil)
  }

  @Test(arguments: [
    "\"two\\nlines\": 1", "? \(String(repeating: "long ", count: 1000))\n: 1", "name: \"two\\nlines\"",
    "name: \(String(repeating: "long ", count: 1000))", "a: &\(String(repeating: "a", count: 1000)) 1",
    "!<!a%0Ab> a: 1",
    "captcha: {charset: \"\\u0085\"}", "captcha: {charset: e\(String(repeating: "\u{301}", count: 1000))}",
  ])
  func messagesAreOneShortLine(yaml: String) throws {
    let description = try #require(try refusal(yaml: yaml)).description
    #expect(!description.contains { $0.isNewline })
    #expect(description.count < 400)
  }

  /// Random damage to a good spec must give a spec or an error, and never a trap.
  @Test func damagedSpecsNeverTrap() throws {
    let good = Array(
      """
      name: "damaged"
      seed: 12
      captcha: {charset: 'digits+upper', length: 4, width: 160}
      datasets:
        train: {count: 1000}
        test: {count: &a 100}
      training: {learning_rate: 3e-3, batch: *a, schedule: !!str constant}
      """.utf8)
    let pieces = Array("\0\t\n\r \"'#&*!%-?:,.[]{}|>~@`\\0123456789eEaxX+_\u{85}\u{FEFF}".utf8) + [0xFF, 0xC0, 0xED]
    for seed in 0..<3000 as Range<UInt64> {
      var random = RandomStream(seed: seed, stream: 0)
      var bytes = good
      for _ in 0...random.next(below: 4) {
        let start = random.next(in: 0...bytes.count)
        let end = min(bytes.count, start + random.next(below: 4))
        bytes.replaceSubrange(
          start..<end, with: (0..<random.next(below: 4)).map { _ in pieces[random.next(below: pieces.count)] })
      }
      if let error = try refusal(yaml: String(decoding: bytes, as: UTF8.self)) {
        #expect(!error.description.isEmpty && !error.description.contains { $0.isNewline }, "seed \(seed)")
      }
    }
  }
}
