import Dispatch

/// The part and kind of some work: a row in a table of times.
package struct WorkLabel: Hashable, Sendable {
  /// A layer, the optimizer or the loss.
  package let part: String
  package let work: String

  package init(_ part: String, _ work: String) {
    self.part = part
    self.work = work
  }
}

/// Records the time of one thread: by label, and by loop of the team that was made with this.
// SAFETY: a team with a record has one thread, and only that thread uses the record.
package final class WorkRecord: @unchecked Sendable {
  private var loops: [[Double]] = []
  private var isInLoop = false
  private var labels: [WorkLabel] = []
  private var labelSeconds: [WorkLabel: Double] = [:]
  /// Seconds of the labels nested in the current one.
  private var innerSeconds = 0.0

  package init() {}

  /// - Returns: The times of the parts of `body`.
  package func record(_ body: () throws -> Void) rethrows -> WorkTimes {
    loops = []
    labels = []
    labelSeconds = [:]
    innerSeconds = 0
    let (_, seconds) = try measure(body)
    return WorkTimes(
      seconds: seconds, loops: loops, labels: labels.map { ($0, labelSeconds[$0, default: 0]) })
  }

  /// Runs `body` and adds its time, less that of labels nested in it, to `label`.
  func time<Result>(_ label: WorkLabel, _ body: () throws -> Result) rethrows -> Result {
    let secondsBefore = innerSeconds
    innerSeconds = 0
    let (result, seconds) = try measure(body)
    if labelSeconds[label] == nil { labels.append(label) }
    labelSeconds[label, default: 0] += seconds - innerSeconds
    innerSeconds = secondsBefore + seconds
    return result
  }

  /// Runs the iterations of a loop in order. A loop inside an iteration is part of that iteration.
  func loop(count: Int, _ body: (Int) -> Void) {
    guard !isInLoop else {
      for index in 0..<count { body(index) }
      return
    }
    isInLoop = true
    defer { isInLoop = false }
    loops.append((0..<count).map { index in measure { body(index) }.seconds })
  }

  private func measure<Result>(_ body: () throws -> Result) rethrows -> (result: Result, seconds: Double) {
    let start = DispatchTime.now().uptimeNanoseconds
    let result = try body()
    return (result, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
  }
}

/// The times of some work on one thread.
package struct WorkTimes: Sendable {
  /// Seconds of each iteration of each loop of the team, in the order in which they ran.
  package let loops: [[Double]]
  /// Seconds outside of all loops.
  package let serialSeconds: Double
  /// Seconds of each label, in the order in which the first work of each ended.
  package let labels: [(label: WorkLabel, seconds: Double)]
  /// Seconds without a label.
  package let otherSeconds: Double

  /// - Parameter seconds: Of all the work, loops and labels included.
  package init(seconds: Double, loops: [[Double]], labels: [(label: WorkLabel, seconds: Double)]) {
    self.loops = loops
    self.labels = labels
    serialSeconds = loops.reduce(seconds) { $0 - $1.reduce(0, +) }
    otherSeconds = labels.reduce(seconds) { $0 - $1.seconds }
  }

  /// The median of each time over several runs of the same work.
  /// - Precondition: There is at least one run, and all have the same loops and labels.
  package init(mediansOf runs: [WorkTimes]) {
    let first = runs[0]
    precondition(
      runs.allSatisfy {
        $0.loops.map(\.count) == first.loops.map(\.count) && $0.labels.map(\.label) == first.labels.map(\.label)
      })
    func median(_ time: (WorkTimes) -> Double) -> Double { runs.map(time).sorted()[runs.count / 2] }
    loops = first.loops.indices.map { loop in
      first.loops[loop].indices.map { iteration in median { $0.loops[loop][iteration] } }
    }
    serialSeconds = median(\.serialSeconds)
    labels = first.labels.indices.map { number in (first.labels[number].label, median { $0.labels[number].seconds }) }
    otherSeconds = median(\.otherSeconds)
  }

  /// How long the work would take on `threadCount` threads if they neither waited for nor slowed each other: any free
  /// thread takes the next iteration of a loop, as in `Team.run`, and one thread does the rest.
  package func computedSeconds(threadCount: Int) -> Double {
    loops.reduce(serialSeconds) { $0 + makespan(of: $1, threadCount: threadCount) }
  }
}

/// The time from the start of the first task to the end of the last, when the thread that is free first takes the next
/// task (list scheduling: Graham, "Bounds on multiprocessing timing anomalies", 1969).
package func makespan(of tasks: [Double], threadCount: Int) -> Double {
  precondition(threadCount > 0)
  var ends = [Double](repeating: 0, count: min(threadCount, max(1, tasks.count)))
  for task in tasks {
    let freeFirst = ends.indices.min { ends[$0] < ends[$1] } ?? 0
    ends[freeFirst] += task
  }
  return ends.max() ?? 0
}
