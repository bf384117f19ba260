import Files
import RankThreads
import Ranks
import Testing
import Workers

@Suite struct ExchangeTests {
  @Test(arguments: [1, 2, 5]) func piecesArrive(count: Int) throws {
    let received = try runAsRanks(count) { ranks in
      // Row r goes to rank r, in two pieces, of which the first may be empty.
      var sent = (0..<count).map { rank in (0..<10).map { UInt8(50 * ranks.rank + 10 * rank + $0) } }
      var received = Array(repeating: [UInt8](repeating: 0, count: 10), count: count)
      func pieces(_ rows: inout [[UInt8]], _ cut: (Int) -> Int) -> [[UnsafeMutableRawBufferPointer]] {
        rows.indices.map { rank in
          rows[rank].withUnsafeMutableBytes { row in
            [.init(rebasing: row[..<cut(rank)]), .init(rebasing: row[cut(rank)...])]
          }
        }
      }
      withExtendedLifetime((sent, received)) {
        PieceExchange(
          ranks, sending: pieces(&sent) { $0 }, receiving: pieces(&received) { _ in ranks.rank }
        ).run()
      }
      return received
    }
    for (receiver, rows) in received.enumerated() {
      for (sender, row) in rows.enumerated() where sender != receiver {
        #expect(row == (0..<10).map { UInt8(50 * sender + 10 * receiver + $0) })
      }
    }
  }

  @Test func valuesAreShared() throws {
    let results = try runAsRanks(3) { ranks in
      (ranks.share(ranks.rank * 7), ranks.share([Double](repeating: 0.5, count: ranks.rank), counts: [0, 1, 2]))
    }
    for (numbers, lists) in results {
      #expect(numbers == [0, 7, 14] && lists == [[], [0.5], [0.5, 0.5]])
    }
  }

  @Test func agreementsCarryAttachments() throws {
    let agreements = try runAsRanks(3) { ranks in
      let group = RankGroup(ranks)
      let (value, agreement) = try group.agree(isCancelled: ranks.rank == 1) {
        (ranks.rank, [UInt8](repeating: 1, count: ranks.rank))
      }
      return (value, agreement.isCancelled, agreement.attachments.map(\.count), group.hasEnded)
    }
    #expect(agreements.map(\.0) == [0, 1, 2])
    #expect(agreements.allSatisfy { $0.1 && $0.2 == [0, 1, 2] && !$0.3 })
  }

  @Test func oneErrorEndsAll() throws {
    let errors = try runAsRanks(4) { ranks -> String in
      let group = RankGroup(ranks)
      do {
        _ = try group.agree {}
        _ = try group.agree { if ranks.rank > 1 { throw FileError(.write, path: "shard-\(ranks.rank)", code: 28) } }
        return "none"
      } catch {
        // Another attempt must not wait for ranks that have ended.
        group.end(with: error)
        return "\(group.hasEnded) \(ErrorReport(error).status) \(ErrorReport(error).message)"
      }
    }
    let own = ErrorReport(FileError(.write, path: "shard-2", code: 28)).message
    #expect(errors[2] == "true inputOutput \(own)")
    for rank in [0, 1, 3] { #expect(errors[rank] == "true inputOutput rank 2: \(own)") }
  }

  /// What happens between agreements reaches the others at their next one.
  @Test func aRankThatFailsAloneEndsAll() throws {
    let errors = try runAsRanks(3) { ranks -> String in
      let group = RankGroup(ranks)
      do {
        if ranks.rank == 0 { throw Interrupted() }
        _ = try group.agree { 1 }
        return "none"
      } catch {
        group.end(with: error)
        return "\(error)"
      }
    }
    #expect(errors == Array(repeating: "\(Interrupted())", count: 3))
  }
}
