import ArgumentParser
import Pipeline
import Specs

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the throughput of one part alone on this machine.",
    discussion: """
      Parts: generate, load (needs the train split), train, predict. The median of five rounds is printed. For load, so \
      is that of plain Zstandard decompression of the same data, the least that any reader does. \
      For train, images are those that a step looks at.
      """)

  @Argument(help: "generate, load, train or predict.")
  var part: Benchmark.Part

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

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

  func run() throws {
    let result = try reportingErrors { cancellation in
      let spec = try PipelineSpec(contentsOf: pipeline.spec)
      return try Benchmark(
        spec, in: pipeline.workspace(of: spec), threadCount: common.threads, cancellation: cancellation
      ).run(part)
    }
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

  private func text(of rates: Benchmark.Rates) -> String {
    "\(Int(rates.median)) images/s (\(Int(rates.slowest))...\(Int(rates.fastest)))"
  }
}

extension Benchmark.Part: ExpressibleByArgument {}
