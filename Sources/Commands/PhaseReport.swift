import Foundation
import Pipeline
import Samples
import Workers

/// The time of each part of a step, as a table and as JSON.
struct PhaseReport: Encodable {
  /// The time that one thread takes for one kind of work in a step.
  struct Phase: Encodable {
    let part: String
    let work: String
    let milliseconds: Double
    /// Of the whole step, in percent.
    let percent: Double
  }

  /// A step's time on several threads, computed from the phases.
  struct Computed: Encodable {
    let threads: Int
    let milliseconds: Double
    let imagesPerSecond: Double
    /// The time on one thread divided by this one.
    let speedUp: Double
  }

  let part: String
  let precision: String
  let images: Int
  let milliseconds: Double
  /// Of work that only one thread can do.
  let serialMilliseconds: Double
  let phases: [Phase]
  let computed: [Computed]

  private static let threadCounts = [1, 2, 4, 8, 16, 32]

  init(_ result: Benchmark.Phases) {
    let times = result.times
    let labels = times.labels + [(label: WorkLabel("step", "the rest"), seconds: times.otherSeconds)]
    let total = labels.reduce(0) { $0 + $1.seconds }
    part = result.part.rawValue
    precision = result.precision
    images = result.images
    milliseconds = total * 1000
    serialMilliseconds = times.serialSeconds * 1000
    phases = labels.map { label, seconds in
      Phase(part: label.part, work: label.work, milliseconds: seconds * 1000, percent: 100 * seconds / total)
    }
    let serial = times.computedSeconds(threadCount: 1)
    computed = Self.threadCounts.map { threads in
      let seconds = times.computedSeconds(threadCount: threads)
      return Computed(
        threads: threads, milliseconds: seconds * 1000, imagesPerSecond: Double(result.images) / seconds,
        speedUp: serial / seconds)
    }
  }

  /// Both tables.
  var lines: [String] {
    let names = phases.map { "\($0.part) \($0.work)" }
    let nameWidth = names.map(\.count).max() ?? 0
    func row(_ name: String, _ milliseconds: Double, _ percent: Double) -> String {
      name.padding(toLength: nameWidth, withPad: " ", startingAt: 0)
        + String(format: "%10.2f%9.2f", milliseconds, percent)
    }
    return ["\(part): a step of \(counted(images, "image")), 1 thread, \(precision); medians in ms and percent:"]
      + zip(names, phases).map { name, phase in row(name, phase.milliseconds, phase.percent) }
      + [row("all", milliseconds, 100)]
      + [
        String(format: "a step on more threads, computed, not measured (%.2f ms are serial):", serialMilliseconds),
        "threads        ms  images/s  speed-up",
      ]
      + computed.map {
        String(format: "%7ld%10.2f%10.0f%10.2f", $0.threads, $0.milliseconds, $0.imagesPerSecond, $0.speedUp)
      }
  }
}
