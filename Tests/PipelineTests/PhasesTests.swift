import Foundation
import Testing

/// `glyphline bench --phases`.
@Suite struct PhasesTests {
  private struct Report: Decodable {
    struct Phase: Decodable {
      let part: String
      let work: String
      let milliseconds: Double
      let percent: Double
    }

    struct Computed: Decodable {
      let threads: Int
      let milliseconds: Double
      let imagesPerSecond: Double
      let speedUp: Double
    }

    let part: String
    let images: Int
    let milliseconds: Double
    let serialMilliseconds: Double
    let phases: [Phase]
    let computed: [Computed]
  }

  private static let spec = """
    name: phases
    captcha: {charset: digits, length: 2, width: 64, height: 32, image-captcha: {font_sizes: 20}}
    datasets: {train: {count: 1000}}
    training: {batch: 16, candidates: 2, lanes: 16, distortion: 0.1}
    """

  private func report(_ part: String) throws -> Report {
    let folder = try Folder()
    let spec = try folder.write(Self.spec, as: "spec.yaml")
    let outcome = try Program.run("bench", part, spec, "--phases", "--json")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test func aTrainingStepHasItsPhases() throws {
    let report = try report("train")
    #expect(report.part == "train" && report.images == 32)
    let names = report.phases.map { "\($0.part) \($0.work)" }
    for name in [
      "candidates choice", "input distortion", "input forward lanes", "conv1 forward prepare", "conv1 forward lanes",
      "norm1 forward once", "linear1 forward shares", "loss forward lanes", "conv1 backward lanes",
      "conv1 gradient sum", "conv1 optimizer Muon", "norm1 optimizer Adam", "step the rest",
    ] {
      #expect(names.count { $0 == name } == 1, "\(name)")
    }
    #expect(names.contains { $0.hasSuffix("inference lanes") })
    #expect(abs(report.phases.reduce(0) { $0 + $1.percent } - 100) < 0.01)
    #expect(report.computed.map(\.threads) == [1, 2, 4, 8, 16, 32])
    #expect(report.serialMilliseconds > 0 && report.serialMilliseconds < report.computed[5].milliseconds)
    #expect(report.computed[0].speedUp == 1)
    for (fewer, more) in zip(report.computed, report.computed.dropFirst()) {
      #expect(more.milliseconds <= fewer.milliseconds)
    }
  }

  @Test func aBatchOfInferenceHasItsPhases() throws {
    let report = try report("predict")
    #expect(report.images > 0 && report.milliseconds > 0)
    #expect(report.phases.allSatisfy { $0.work.hasPrefix("inference ") || $0.part == "step" })
  }

  @Test(arguments: [["load"], ["generate"], ["train", "--threads", "2"]])
  func isRefusedWhereThereIsNothingToSay(arguments: [String]) throws {
    let folder = try Folder()
    let spec = try folder.write(Self.spec, as: "spec.yaml")
    let outcome = try Program.run(["bench", arguments[0], spec, "--phases"] + arguments.dropFirst())
    #expect(outcome.exitCode == 64 && outcome.errors.contains("--phases"), "\(outcome.errors)")
  }
}
