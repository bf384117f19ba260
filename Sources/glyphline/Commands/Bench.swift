import ArgumentParser
import Pipeline
import Specs

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the throughput of one part alone on this machine.",
    discussion: "Parts: generate, load (needs the train split), train, predict. The median of five rounds is printed.")

  @Argument(help: "generate, load, train or predict.")
  var part: Benchmark.Part

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let part: String
    let imagesPerSecond: Double
    let slowest: Double
    let fastest: Double
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
    let (slowest, fastest) = (result.rates.first ?? 0, result.rates.last ?? 0)
    if common.json {
      return try outputJSON(
        Report(
          part: part.rawValue, imagesPerSecond: result.median, slowest: slowest, fastest: fastest,
          threads: result.threadCount, precision: result.precision))
    }
    try output(
      "\(part.rawValue): \(Int(result.median)) images/s (\(Int(slowest))...\(Int(fastest)), \(result.threadCount) threads, "
        + "\(result.precision))")
  }
}

extension Benchmark.Part: ExpressibleByArgument {}
