import Foundation
import Network
import Samples
import Testing
import Trainer

@Suite struct TrainingMonitorTests {
  private func model(_ loss: LossName) throws -> ModelDescription {
    ModelDescription(
      name: "test", input: Geometry(width: 16, height: 16, format: .gray),
      alphabet: try Alphabet("0123456789"), lengths: 2...2, loss: loss, layers: [.linear(units: 20)])
  }

  @Test func knowsWhatChanceGives() throws {
    #expect(abs(TrainingMonitor(try model(.crossEntropy)).chance.value - log(10)) < 1e-12)
    let entropy = -0.1 * log(0.1) - 0.9 * log(0.9)
    #expect(abs(TrainingMonitor(try model(.multiLabelSoftMargin)).chance.value - entropy) < 1e-12)
  }

  @Test func saysWhenTheLossStaysAtChance() throws {
    var monitor = TrainingMonitor(try model(.crossEntropy))
    let warnings = (1...2100).filter { monitor.observe(step: $0, loss: 2.30, exact: 0, of: 8) != nil }
    #expect(warnings == [500, 1000, 2000])
  }

  @Test func saysNothingOnceTheLossHasLeft() throws {
    var monitor = TrainingMonitor(try model(.crossEntropy))
    for step in 1...1200 {
      #expect(monitor.observe(step: step, loss: step <= 300 ? 2.3 : 1.5, exact: 0, of: 8) == nil)
    }
  }

  @Test func saysOnceWhenTrainingAndValidationPart() throws {
    var monitor = TrainingMonitor(try model(.crossEntropy))
    func train(exact: Int) {
      for step in 1...100 { _ = monitor.observe(step: step, loss: 1, exact: exact, of: 10) }
    }
    train(exact: 6)
    #expect(monitor.accuracy == 0.6)
    #expect(monitor.observeValidation(exact: 300, of: 512) == nil)
    #expect(monitor.accuracy == 0)
    train(exact: 9)
    #expect(monitor.observeValidation(exact: 400, of: 512) != nil)
    train(exact: 9)
    #expect(monitor.observeValidation(exact: 400, of: 512) == nil)
  }
}
