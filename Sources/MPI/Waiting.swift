#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a thread does between two looks at something that only looking tells.
enum Pause: Equatable {
  /// Looks again at once.
  case none
  /// Lets other threads run that want this CPU.
  case yield
  case sleep(nanoseconds: Int)

  /// Messages between ranks that compute in step arrive within microseconds, so at first a rank looks again and again. Then
  /// it leaves its CPU to ranks that share it; and where another rank does something alone, as an evaluation, it sleeps, an
  /// eighth of the time that it has waited, so that a wait becomes at most that much longer.
  init(afterNanoseconds waited: Int) {
    switch waited {
    case ..<50_000: self = .none
    case ..<1_000_000: self = .yield
    default: self = .sleep(nanoseconds: min(waited / 8, 1_000_000))
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
func wait(until isDone: () -> Bool) {
  if isDone() { return }
  let start = nanoseconds()
  while !isDone() { Pause(afterNanoseconds: nanoseconds() - start).take() }
}

private func nanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
