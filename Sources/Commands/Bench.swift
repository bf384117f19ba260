import ArgumentParser
import Network
import Pipeline
import Specs

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the throughput of one part alone on this machine.",
    discussion: """
      Parts: generate, load (needs the train split), train, predict. The median of five rounds is printed. For load, so \
      is that of plain Zstandard decompression of the same data, the least that any reader does. \
      For train, images are those that a step looks at. \
      With --phases, one thread is measured, and for each layer and kind of work the median time in a step is printed: \
      lanes and shares are cut up for the threads, prepare and conclude are one task for each layer, and once is done by \
      one thread. How long a step takes on more threads is computed from that: as if they neither waited for one another \
      nor slowed one another down.
      """)

  @Argument(help: "generate, load, train or predict.")
  var part: Benchmark.Part

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Flag(help: "Print where the time of a step goes; only of train and predict.")
  var phases = false

  private struct Report: Encodable {
    let part: String
    let imagesPerSecond: Double
    let slowest: Double
    let fastest: Double
    let decompressionImagesPerSecond: Double?
    let firstBatchSeconds: Double?
    let threads: Int
    let precision: String
  }

  func validate() throws {
    guard phases else { return }
    if !part.hasPhases { throw ValidationError("--phases goes with train and predict") }
    if common.threads ?? 1 != 1 {
      throw ValidationError("--phases measures one thread and computes the rest; leave out --threads")
    }
  }

  func run() throws {
    if phases {
      let report = PhaseReport(try measure { try $0.phases(of: part) })
      if common.json { return try outputJSON(report) }
      for line in report.lines { try output(line) }
      return
    }
    let result = try measure { try $0.run(part) }
    if common.json {
      return try outputJSON(
        Report(
          part: part.rawValue, imagesPerSecond: result.rates.median, slowest: result.rates.slowest,
          fastest: result.rates.fastest, decompressionImagesPerSecond: result.decompressionRates?.median,
          firstBatchSeconds: result.firstBatchSeconds, threads: result.threadCount, precision: result.precision))
    }
    try output(
      "\(part.rawValue): \(text(of: result.rates)), \(result.threadCount) threads, \(result.precision)")
    if let rates = result.decompressionRates {
      try output("plain decompression of the same frames: \(text(of: rates))")
    }
    if let seconds = result.firstBatchSeconds {
      try output("the first batch after \(Int(seconds * 1000)) ms")
    }
  }

  private func measure<Value>(_ body: (Benchmark) throws -> Value) throws -> Value {
    try stoppingSafely { cancellation in
      let spec = try PipelineSpec(contentsOf: pipeline.spec)
      return try body(
        Benchmark(
          spec, in: pipeline.workspace(of: spec), threadCount: common.threads, cancellation: cancellation))
    }
  }

  private func text(of rates: Benchmark.Rates) -> String {
    "\(Int(rates.median)) images/s (\(Int(rates.slowest))...\(Int(rates.fastest)))"
  }
}

extension Benchmark.Part: ExpressibleByArgument {}
