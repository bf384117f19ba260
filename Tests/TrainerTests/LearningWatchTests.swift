import Foundation
import Network
import Samples
import Testing
import Trainer

@Suite struct LearningWatchTests {
  private func model(_ loss: LossName) throws -> ModelDescription {
    ModelDescription(
      name: "test", input: Geometry(width: 16, height: 16, format: .gray),
      alphabet: try Alphabet("0123456789"), lengths: 2...2, loss: loss, layers: [.linear(units: 20)])
  }

  private func step(_ number: Int, loss: Double, exact: Int = 0) -> TrainingStep {
    TrainingStep(number: number, epoch: 0, loss: loss, exactCount: exact, learningRate: 0.001)
  }

  @Test func knowsWhatChanceGives() throws {
    #expect(abs(LearningWatch(try model(.crossEntropy)).chanceLoss - log(10)) < 1e-12)
    let entropy = -0.1 * log(0.1) - 0.9 * log(0.9)
    #expect(abs(LearningWatch(try model(.multiLabelSoftMargin)).chanceLoss - entropy) < 1e-12)
  }

  @Test func saysWhenTheLossStaysAtChance() throws {
    var watch = LearningWatch(try model(.crossEntropy))
    let remarks = (0..<2100).filter { watch.observe(step($0, loss: 2.30), images: 8) != nil }
    #expect(remarks == [499, 999, 1999])
  }

  @Test func saysNothingOnceTheLossHasLeft() throws {
    var watch = LearningWatch(try model(.crossEntropy))
    for number in 0..<1200 { #expect(watch.observe(step(number, loss: number < 300 ? 2.3 : 1.5), images: 8) == nil) }
  }

  @Test func saysOnceWhenTrainingAndValidationPart() throws {
    var watch = LearningWatch(try model(.crossEntropy))
    func learn(exact: Int) {
      for number in 0..<100 { _ = watch.observe(step(number, loss: 1, exact: exact), images: 10) }
    }
    learn(exact: 6)
    #expect(watch.accuracy == 0.6)
    #expect(watch.observeValidation(exact: 300, of: 512) == nil)
    #expect(watch.accuracy == 0)
    learn(exact: 9)
    #expect(watch.observeValidation(exact: 400, of: 512) != nil)
    learn(exact: 9)
    #expect(watch.observeValidation(exact: 400, of: 512) == nil)
  }
}
