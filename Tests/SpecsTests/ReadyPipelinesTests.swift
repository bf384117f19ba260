import Foundation
import Network
import Specs
import Testing

private let pipelines = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "Pipelines")

@Suite struct ReadyPipelinesTests {
  @Test(arguments: try FileManager.default.contentsOfDirectory(atPath: pipelines.path).filter { $0.hasSuffix(".yaml") })
  func aReadyPipelineIsReadUnderItsName(file: String) throws {
    let spec = try PipelineSpec(contentsOf: pipelines.appending(path: file).path)
    #expect(spec.name + ".yaml" == file)
    #expect(spec.evaluation.split == .test)
  }

  @Test func everyPipelineOfTheDocumentationIsThere() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: pipelines.path)
    #expect(
      Set(files).isSuperset(of: [
        "smoke.yaml", "quickstart.yaml", "one-character.yaml", "digits.yaml", "upper.yaml", "full.yaml",
        "variable.yaml",
      ]))
  }

  @Test func theSmokePipelineHasSeveralShardsAndCheckpoints() throws {
    let spec = try PipelineSpec(contentsOf: pipelines.appending(path: "smoke.yaml").path)
    let trainCount = try #require(spec.datasets[.train]?.count)
    #expect(trainCount > 2 * spec.shards.records)
    #expect(trainCount / spec.training.imagesPerStep > 2 * spec.training.checkpointEvery)
  }
}
