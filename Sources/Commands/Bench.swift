import ArgumentParser
import Network
import Pipeline
import Samples
import Specs

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the throughput of one part alone on this machine.",
    discussion: """
      Parts: generate, load (needs the train split), train, predict. Prints the median of five rounds, with the slowest \
      and the fastest. For load, also measures plain Zstandard decompression of the same data, the least that any loader \
      must do. For train, every candidate counts as an image.
      With --phases, measures one thread, and prints the median time of each layer and kind of work in a step. Threads \
      divide lanes and shares among them; prepare and gradient sum are one task for each layer; once is work for one \
      thread. From these times, computes a step's time on more threads, assuming that threads neither wait for one \
      another nor slow one another down.
      """)

  @Argument(help: "The part: generate, load, train or predict.")
  var part: Benchmark.Part

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Flag(help: "Print the time of each layer and kind of work in a step; for train and predict only.")
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
    if !part.hasPhases { throw ValidationError("--phases needs the part train or predict") }
    if common.threads ?? 1 != 1 {
      throw ValidationError("--phases measures one thread and computes the times of more; leave out --threads")
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
      "\(part.rawValue): \(text(of: result.rates)), \(counted(result.threadCount, "thread")), \(result.precision)")
    if let rates = result.decompressionRates {
      try output("plain decompression of the same frames: \(text(of: rates))")
    }
    if let seconds = result.firstBatchSeconds {
      try output("first batch \(Int(seconds * 1000)) ms after a cold open")
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
