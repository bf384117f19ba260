import Foundation
import MPI

/// Prints how long an exchange of messages of one size between all ranks takes, in the median, and its 10th and 90th
/// percentiles. Where rank 0 comes late, the time counts from then, and an exchange of 8 bytes follows, which takes as long
/// as the others need to wake up.
func measureSpeed(_ communicator: MPICommunicator) {
  for byteCount in [8, 4096, 65_536, 1 << 20, 4 << 20] {
    for lateMicroseconds in [0, 300, 3000, 20_000] {
      let times = exchangeTimes(communicator, byteCount: byteCount, lateMicroseconds: UInt32(lateMicroseconds))
      guard communicator.rank == 0 else { continue }
      let (low, median, high) = (times[times.count / 10], times[times.count / 2], times[times.count * 9 / 10])
      func text(_ time: Double) -> String { String(format: "%.1f", time) }
      print(
        "\(byteCount) bytes, rank 0 late by \(lateMicroseconds) us: \(text(median)) us (\(text(low)) to \(text(high))), "
          + "\(text(Double(byteCount) / median / 1000)) GB/s")
    }
  }
}

/// Times in microseconds at this rank, sorted.
private func exchangeTimes(
  _ communicator: MPICommunicator, byteCount: Int, lateMicroseconds: UInt32
) -> [Double] {
  let messages = (0..<communicator.count).map { _ in
    UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
  }
  let buffers = (0..<communicator.count).map { _ in
    UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
  }
  for buffer in messages + buffers { memset(buffer.baseAddress!, 1, byteCount) }
  defer { for buffer in messages + buffers { buffer.deallocate() } }
  let clock = ContinuousClock()
  let repetitions = lateMicroseconds > 1000 ? 30 : byteCount > 100_000 ? 200 : 2000
  return (0..<repetitions).map { _ in
    if lateMicroseconds > 0 && communicator.rank == 0 { usleep(lateMicroseconds) }
    let elapsed = clock.measure {
      communicator.begin(sending: messages.map { UnsafeRawBufferPointer($0) }, receiving: buffers).wait()
      if lateMicroseconds > 0 {
        communicator.begin(
          sending: messages.map { UnsafeRawBufferPointer(rebasing: $0[..<8]) },
          receiving: buffers.map { UnsafeMutableRawBufferPointer(rebasing: $0[..<8]) }
        ).wait()
      }
    }
    return elapsed / .microseconds(1)
  }.sorted()
}
