import MPI
import Testing

@Suite struct PiecesTests {
  /// A message's pieces are all of it, in order, and as many as are counted.
  @Test(
    arguments: [1, 1000, 1024, 1 << 30],
    [0, 1, 999, 1000, 1001, 1024, 1025, 2000, 2024, 2025, (1 << 20) + 7])
  func areTheWholeMessage(byteCountMax: Int, byteCount: Int) {
    let pieces = Pieces(byteCountMax: byteCountMax)
    let first = pieces.first(of: byteCount)
    var (count, end) = (first.isEmpty ? 0 : 1, first.upperBound)
    var areInOrder = true
    for piece in pieces.others(of: byteCount) {
      areInOrder = areInOrder && piece.lowerBound == end && !piece.isEmpty && piece.count <= byteCountMax
      count += 1
      end = piece.upperBound
    }
    #expect(areInOrder)
    #expect(first.lowerBound == 0 && first.count <= byteCountMax && end == byteCount)
    #expect(count == pieces.count(byteCount))
  }

  /// Bytes are counted with 32 bits, with a sign.
  @Test func longMessages() {
    let pieces = Pieces(byteCountMax: 1 << 30)
    let byteCount = 5 << 30
    #expect(pieces.first(of: byteCount) == 0..<1024)
    let others = Array(pieces.others(of: byteCount))
    #expect(others.count == 5)
    #expect(others.allSatisfy { Int32(exactly: $0.count) != nil })
    #expect(others.last?.upperBound == byteCount)
    #expect(pieces.count(byteCount) == 6)
  }
}

@Suite struct PauseTests {
  @Test(arguments: [
    (0, Pause.none), (49_999, .none), (50_000, .yield), (1_999_999, .yield), (2_000_000, .sleep(nanoseconds: 250_000)),
    (8_000_000, .sleep(nanoseconds: 1_000_000)), (1 << 40, .sleep(nanoseconds: 1_000_000)),
  ])
  func growsWithTheWait(waited: Int, expected: Pause) {
    #expect(Pause(afterNanoseconds: waited, awakeNanoseconds: 2_000_000) == expected)
  }
}
