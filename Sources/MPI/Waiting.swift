#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a thread does between two looks at something that only looking tells.
package enum Pause: Equatable, Sendable {
  /// Looks again at once.
  case none
  /// Lets other threads run that want this CPU.
  case yield
  case sleep(nanoseconds: Int)

  /// Messages between ranks that compute in step arrive within microseconds, so at first a rank looks again and again. Then
  /// it leaves its CPU to ranks that share it; and where another rank does something alone, as an evaluation, it sleeps, an
  /// eighth of the time that it has waited, so that a wait becomes at most that much longer.
  /// - Parameter awake: For how long it does not sleep.
  package init(afterNanoseconds waited: Int, awakeNanoseconds awake: Int) {
    if waited < 50_000 {
      self = .none
    } else if waited < awake {
      self = .yield
    } else {
      self = .sleep(nanoseconds: min(waited / 8, 1_000_000))
    }
  }

  func take() {
    switch self {
    case .none: break
    case .yield: sched_yield()
    case .sleep(let nanoseconds):
      var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
      // An interrupted sleep is a shorter one.
      nanosleep(&time, nil)
    }
  }
}

/// Returns when `isDone` does so with true.
/// - Parameter byteCount: How much it transfers meanwhile. Libraries copy a message between processes of one machine while
///   they are called, in parts that fit into their shared memory, so a rank that sleeps would slow that down. It takes
///   2 nanoseconds a byte at most; what takes longer comes over a network, whose buffers hold what arrives in a
///   millisecond.
func wait(transferring byteCount: Int = 0, until isDone: () -> Bool) {
  if isDone() { return }
  let start = nanoseconds()
  let awake = 1_000_000 + 2 * byteCount
  while !isDone() { Pause(afterNanoseconds: nanoseconds() - start, awakeNanoseconds: awake).take() }
}

private func nanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
