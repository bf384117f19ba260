import Foundation
import Network
import Specs
import Testing
import crashtest

/// A finished workspace that is damaged anywhere: `make crash` does the same with `Pipelines/smoke.yaml`.
@Suite struct DamageTests {
  @Test func statusNamesWhatRunMakesGood() throws {
    let folder = try Folder()
    let yaml = """
      name: damage
      captcha: {charset: digits, length: 1, width: 32, height: 28}
      datasets: {train: {count: 64}, validation: {count: 8}, test: {count: 16}}
      shards: {records: 32, block: 16}
      training: {batch: 16, epochs: 2, checkpoint_every: 2}
      """
    let sweep = try DamageSweep(PipelineSpec(yaml: yaml, path: "damage.yaml"), in: folder.path)
    #expect(sweep.damages.count > 40)
    for damage in sweep.damages { #expect(try sweep.problem(of: damage) == nil, "\(damage)") }
  }
}
