import Files
import Foundation
import MPI

/// Exchanges messages with the other ranks that an mpirun started, and checks what arrives, or measures how long it takes:
/// `rankcheck [--pieces BYTES] [--speed]`.
@main
enum RankCheck {
  static func main() {
    let arguments = CommandLine.arguments
    guard let launch = Launch.detect(environment: ProcessInfo.processInfo.environment) else {
      return print("not one of several ranks")
    }
    do {
      let pieces = arguments.firstIndex(of: "--pieces").flatMap { Int(arguments[$0 + 1]) }
      let communicator = try launch.connect(pieceByteCount: pieces ?? 1 << 30)
      if arguments.contains("--speed") { measureSpeed(communicator) } else { checkContents(communicator) }
      communicator.finish()
    } catch {
      let report = ErrorReport(error)
      FileHandle.standardError.write(Data((report.message + "\n").utf8))
      exit(report.status.rawValue)
    }
  }

  /// Many rounds, in each of which every pair of ranks exchanges messages of other sizes and other bytes.
  private static func checkContents(_ communicator: MPICommunicator) {
    let (rank, ranks) = (communicator.rank, 0..<communicator.count)
    var receivedByteCount = 0
    for round in 0..<100 {
      // Now and then a rank is late, for which the others wait asleep.
      if round % 30 == rank { usleep(20_000) }
      let sent = ranks.map { Message(from: rank, to: $0, round: round) }
      let expected = ranks.map { Message(from: $0, to: rank, round: round) }
      let messages = sent.map(\.buffer)
      let buffers = expected.map { UnsafeMutableRawBufferPointer.allocate(byteCount: $0.byteCount, alignment: 8) }
      communicator.begin(sending: messages.map { UnsafeRawBufferPointer($0) }, receiving: buffers).wait()
      for other in ranks where other != rank {
        let right = expected[other].buffer
        guard buffers[other].elementsEqual(right) else {
          print("rank \(rank): a wrong message of \(right.count) bytes from rank \(other) in round \(round)")
          exit(ExitStatus.badData.rawValue)
        }
        receivedByteCount += right.count
        right.deallocate()
      }
      for buffer in messages + buffers { buffer.deallocate() }
    }
    report(receivedByteCount, communicator)
  }

  /// Prints what all ranks received, by rank 0: launchers mix lines that several ranks print.
  private static func report(_ byteCount: Int, _ communicator: MPICommunicator) {
    let (isFirst, ranks) = (communicator.rank == 0, 0..<communicator.count)
    var byteCounts = ranks.map { _ in byteCount }
    withUnsafeBytes(of: byteCount) { bytes in
      byteCounts.withUnsafeMutableBytes { all in
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        communicator.begin(
          sending: ranks.map { $0 == 0 && !isFirst ? bytes : empty },
          receiving: ranks.map { other in
            let place = other * MemoryLayout<Int>.stride
            return UnsafeMutableRawBufferPointer(
              rebasing: all[place..<(isFirst && other != 0 ? place + MemoryLayout<Int>.stride : place)])
          }
        ).wait()
      }
    }
    guard isFirst else { return }
    for rank in ranks { print("rank \(rank) of \(ranks.count) received \(byteCounts[rank]) bytes as sent") }
  }
}

/// What one rank sends to another in one round: a function of these three, so that the receiver knows it too.
private struct Message {
  let byteCount: Int
  private let seed: UInt64

  init(from sender: Int, to receiver: Int, round: Int) {
    seed = Self.mixed(UInt64(sender) << 40 | UInt64(receiver) << 20 | UInt64(round))
    let sizes = [0, 1, 13, 0, 1024, 1025, 4096, 70_001, 1, 999, 1000, 1 << 20]
    byteCount = sizes[Int(seed % UInt64(sizes.count))]
  }

  var buffer: UnsafeMutableRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
    var word = seed
    for index in 0..<byteCount {
      if index % 8 == 0 { word = Self.mixed(word) }
      buffer[index] = UInt8(truncatingIfNeeded: word >> UInt64(index % 8 * 8))
    }
    return buffer
  }

  /// SplitMix64's step (Steele, Lea and Flood 2014).
  private static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
