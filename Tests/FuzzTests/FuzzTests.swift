import Files
import Foundation
import FuzzTargets
import Samples
import Testing

/// The inputs that fuzzing found to be worth keeping, and changes of them that are the same in every run. `make fuzz`
/// searches for longer.
@Suite struct FuzzTests {
  @Test(arguments: FuzzTarget.allCases) func everyInputIsReadOrRefused(target: FuzzTarget) throws {
    let corpus = try Self.corpus(of: target)
    try #require(!corpus.isEmpty)
    for input in corpus { target.read(input) }
    var mutator = Mutator(seed: 20_261_124)
    for _ in 0..<4_000 { target.read(mutator.mutate(corpus)) }
  }

  private static func corpus(of target: FuzzTarget) throws -> [[UInt8]] {
    let folder = try #require(Bundle.module.resourcePath) + "/Corpus/" + target.rawValue
    return try contents(ofFolder: folder).sorted().map { try ReadableFile.contents(of: folder + "/" + $0) }
  }
}

/// Draws inputs that are a little wrong.
private struct Mutator {
  private var random: RandomStream
  private static let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]

  init(seed: UInt64) { random = RandomStream(seed: seed, stream: 0) }

  /// One of the corpus with one to four changes.
  mutating func mutate(_ corpus: [[UInt8]]) -> [UInt8] {
    var bytes = corpus[random.next(below: corpus.count)]
    for _ in 0...random.next(below: 4) { change(&bytes, other: corpus[random.next(below: corpus.count)]) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], other: [UInt8]) {
    guard !bytes.isEmpty, !other.isEmpty else {
      bytes = other
      return
    }
    let start = random.next(below: bytes.count)
    let end = min(bytes.count, start + 1 + random.next(below: 8))
    switch random.next(below: 6) {
    case 0: bytes[start] ^= 1 << UInt8(random.next(below: 8))
    case 1: bytes[start] = Self.extremes[random.next(below: Self.extremes.count)]
    case 2: bytes.removeSubrange(start..<end)
    case 3: bytes.insert(contentsOf: bytes[start..<end], at: random.next(below: bytes.count))
    case 4: for place in start..<end { bytes[place] = UInt8(random.next(below: 256)) }
    default: bytes.replaceSubrange(start..., with: other.suffix(from: random.next(below: other.count)))
    }
  }
}
