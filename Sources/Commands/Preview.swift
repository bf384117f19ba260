import ArgumentParser
import Images
import Network
import Pipeline
import Samples
import Specs

struct Preview: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Draw sample images of a spec as one PNG file.",
    discussion: """
      The file is a sheet of the first samples of a drawn split, each above its label. With --seed, it is the image of that \
      one seed, pixel for pixel as a shard stores it.
      """)

  @Argument(help: "The pipeline's spec file.", completion: .file(extensions: ["yaml", "yml"]))
  var spec: String

  @Option(help: ArgumentHelp("Write this file.", valueName: "file"), completion: .file(extensions: ["png"]))
  var png: String

  @Option(help: ArgumentHelp("Draw this many samples; 20 unless given.", valueName: "number"))
  var count: Int?

  @Option(help: ArgumentHelp("Draw samples of this split; train unless given.", valueName: "name"))
  var split: Split?

  @Option(help: ArgumentHelp("Draw only the sample of this seed.", valueName: "number"))
  var seed: UInt64?

  @Flag(help: "Print the result as one JSON document.")
  var json = false

  private struct Report: Encodable {
    struct Sample: Encodable {
      let seed: UInt64
      let label: String
    }

    let png: String
    let samples: [Sample]
  }

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1") }
    if let seed, seed >= 1 << 63 { throw ValidationError("--seed must be 0 to \(UInt64(1) << 63 - 1)") }
    if seed != nil && count != nil {
      throw ValidationError("--seed draws one sample; leave out --count")
    }
  }

  func run() throws {
    try reportingErrors {
      let preview = try SamplePreview(PipelineSpec(contentsOf: spec), of: split ?? .train)
      let samples: [Sample]
      if let seed {
        samples = [preview.sample(ofSeed: seed)]
        try PNGWriter.write(samples[0].image, to: png)
      } else {
        samples = try preview.samples(count: count ?? 20)
        try preview.writeSheet(of: samples, to: png)
      }
      let drawn = samples.map { Report.Sample(seed: $0.seed, label: preview.text(of: $0)) }
      if json { return try outputJSON(Report(png: png, samples: drawn)) }
      for sample in drawn { try output("\(sample.label), seed \(sample.seed)") }
    }
  }
}
