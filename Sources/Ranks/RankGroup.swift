import Files
import Workers

/// The ranks of a command, which go on together or end together: what fails on one of them ends all.
package final class RankGroup {
  package let ranks: any Communicator
  /// Whether the ranks have agreed to end. Then no rank may wait for another any more.
  package private(set) var hasEnded = false

  package init(_ ranks: any Communicator = SingleRank()) { self.ranks = ranks }

  package var rank: Int { ranks.rank }
  package var count: Int { ranks.count }
  /// Whether this rank opens the catalog, writes the results and shows messages.
  package var isFirst: Bool { rank == 0 }

  /// What the ranks know of one another at the end of an agreement.
  package struct Agreement {
    /// Whether some rank was asked to stop.
    package let isCancelled: Bool
    /// What each rank attached, in order.
    package let attachments: [[UInt8]]
  }

  /// Runs `body`, and waits for all other ranks to do the same. A rank whose `body` threw is the only one whose
  /// attachment is not sent.
  /// - Parameters:
  ///   - isCancelled: Whether this rank was asked to stop.
  ///   - body: Returns a value, and bytes for all ranks.
  /// - Throws: On all ranks, what `body` threw on one: the same error there, `RankFailure` on the others.
  package func agree<Value>(
    isCancelled: Bool = false, attaching body: () throws -> (Value, [UInt8])
  ) throws -> (Value, Agreement) {
    if count == 1 {
      let (value, attachment) = try body()
      return (value, Agreement(isCancelled: isCancelled, attachments: [attachment]))
    }
    let result = Result { try body() }
    let state: State
    var message: [UInt8] = []
    switch result {
    case .success(let (_, attachment)): (state, message) = (isCancelled ? .cancelled : .well, attachment)
    case .failure(let error): (state, message) = (.failed, RankFailure.encoded(error))
    }
    let heads = ranks.share(Head(state: state, byteCount: message.count))
    let messages = ranks.share(message, counts: heads.map(\.byteCount))
    if let failed = heads.firstIndex(where: { $0.state == .failed }) {
      hasEnded = true
      // Every rank ends with the same error: that of the first rank that failed.
      if failed == rank, case .failure(let error) = result { throw error }
      throw RankFailure.decoded(messages[failed], rank: failed)
    }
    return (
      try result.get().0,
      Agreement(isCancelled: heads.contains { $0.state == .cancelled }, attachments: messages)
    )
  }

  /// As the other method, without an attachment.
  package func agree<Value>(isCancelled: Bool = false, _ body: () throws -> Value) throws -> (Value, Agreement) {
    try agree(isCancelled: isCancelled) { (try body(), []) }
  }

  /// The CPUs that this rank may keep busy: of those that its process may use, its share, if ranks of the same machine
  /// may use the same ones. All ranks call it.
  package func usableProcessorCount() throws -> Int {
    let processors = "\(LockHolder.current.boot) \(affinityMask() ?? [])"
    let (_, agreement) = try agree { ((), Array(processors.utf8)) }
    let sharing = agreement.attachments.count { $0 == agreement.attachments[rank] }
    return max(1, Workers.usableProcessorCount() / sharing)
  }

  /// Lets the other ranks, which wait for the next agreement or will, end with an error of this rank.
  package func end(with error: any Error) {
    guard !hasEnded else { return }
    _ = try? agree { throw error }
  }

  private enum State: UInt8 { case well, cancelled, failed }

  /// What each rank sends first.
  private struct Head: BitwiseCopyable {
    let state: State
    let byteCount: Int
  }
}

/// An error of another rank.
package struct RankFailure: ReportedError {
  /// The number of the rank.
  package let rank: Int
  /// The error, as a user sees it.
  package let report: String
  package let exitStatus: ExitStatus

  package var description: String { "rank \(rank): \(report)" }

  fileprivate static func encoded(_ error: any Error) -> [UInt8] {
    let report = ErrorReport(error)
    let status = error is Interrupted ? ExitStatus.interrupted : report.status
    return [UInt8(status.rawValue)] + report.message.utf8
  }

  fileprivate static func decoded(_ bytes: [UInt8], rank: Int) -> any Error {
    let status = bytes.first.flatMap { ExitStatus(rawValue: Int32($0)) } ?? .badData
    if status == .interrupted { return Interrupted() }
    return RankFailure(rank: rank, report: String(decoding: bytes.dropFirst(), as: UTF8.self), exitStatus: status)
  }
}
