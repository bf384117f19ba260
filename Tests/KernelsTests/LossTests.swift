import Foundation
import Kernels
import Testing

@Suite struct LossTests {
  private let images = 3
  private let positions = 4
  private let classes = 13

  private var labels: [UInt16] { (0..<images * positions).map { UInt16($0 * 5 % classes) } }

  /// The batch's mean loss by the formula, each row's logits and label given to `rowLoss`.
  private func meanLoss(_ logits: [Double], _ rowLoss: ([Double], Int) -> Double) -> Double {
    let rows = labels.indices.map { rowLoss(Array(logits[$0 * classes..<($0 + 1) * classes]), Int(labels[$0])) }
    return rows.reduce(0, +) / Double(images * positions)
  }

  private func expectGradient(_ found: [Double], _ logits: [Double], _ loss: ([Double]) -> Double) {
    for index in logits.indices {
      var (above, below) = (logits, logits)
      above[index] += 1e-5
      below[index] -= 1e-5
      #expect(abs(found[index] - (loss(above) - loss(below)) / 2e-5) < 2e-7)
    }
  }

  @Test(arguments: [0, 0.1] as [Float], [1, 12, 90] as [Double])
  func softmaxCrossEntropyComputesTheFormula(_ smoothing: Float, _ spread: Double) {
    let logits = randomValues(count: images * positions * classes, seed: 1).map { Double(Float($0 * spread)) }
    func formula(_ logits: [Double]) -> Double {
      meanLoss(logits) { row, label in
        let largest = row.max() ?? 0
        let logSum = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
        return row.indices.reduce(0) { sum, index in
          let target = Double(smoothing) / Double(classes) + (index == label ? 1 - Double(smoothing) : 0)
          return sum - target * (row[index] - logSum)
        }
      }
    }
    let (input, gradient) = (TestBuffer(floats: logits), TestBuffer(floats: logits))
    let loss = SoftmaxCrossEntropy(positions: positions, classes: classes, labelSmoothing: smoothing).lossAndGradient(
      logits: input.pointer(to: Float.self), labels: labels, images: images, totalImages: images,
      gradient: gradient.pointer(to: Float.self))
    #expect(abs(loss / Double(images * positions) / formula(logits) - 1) < 1e-5)
    expectGradient(gradient.floats, logits, formula)
  }

  @Test(arguments: [1, 12, 90] as [Double])
  func theBatchsLossIsTheSumOfItsRows(_ spread: Double) {
    let logits = TestBuffer(
      floats: randomValues(count: images * positions * classes, seed: 5).map { Double(Float($0 * spread)) })
    let gradient = TestBuffer(byteCount: logits.byteCount)
    let loss = SoftmaxCrossEntropy(positions: positions, classes: classes).lossAndGradient(
      logits: logits.pointer(to: Float.self), labels: labels, images: images, totalImages: images,
      gradient: gradient.pointer(to: Float.self))
    let sum = labels.enumerated().reduce(0.0) { sum, row in
      sum
        + softmaxCrossEntropy(
          logits: logits.pointer(to: Float.self) + row.offset * classes, classes: classes, label: Int(row.element))
    }
    #expect(abs(sum - loss) < 1e-9 * (1 + abs(loss)))
  }

  @Test(arguments: [1, 12, 90] as [Double])
  func multiLabelSoftMarginComputesTheFormula(_ spread: Double) {
    let logits = randomValues(count: images * positions * classes, seed: 2).map { Double(Float($0 * spread)) }
    func formula(_ logits: [Double]) -> Double {
      meanLoss(logits) { row, label in
        row.indices.reduce(0) { sum, index in
          let x = index == label ? row[index] : -row[index]
          return sum + (x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x) / Double(classes)
        }
      }
    }
    let (input, gradient) = (TestBuffer(floats: logits), TestBuffer(floats: logits))
    let loss = MultiLabelSoftMargin(positions: positions, classes: classes).lossAndGradient(
      logits: input.pointer(to: Float.self), labels: labels, images: images, totalImages: images,
      gradient: gradient.pointer(to: Float.self))
    #expect(abs(loss / Double(images) / formula(logits) - 1) < 1e-5)
    expectGradient(gradient.floats, logits, formula)
  }

  @Test func lanesShareTheBatch() {
    let logits = TestBuffer(floats: randomValues(count: images * positions * classes, seed: 3))
    let (whole, parts) = (TestBuffer(byteCount: logits.byteCount), TestBuffer(byteCount: logits.byteCount))
    let loss = SoftmaxCrossEntropy(positions: positions, classes: classes)
    let all = loss.lossAndGradient(
      logits: logits.pointer(to: Float.self), labels: labels, images: images, totalImages: images,
      gradient: whole.pointer(to: Float.self))
    var sum = 0.0
    for image in 0..<images {
      let offset = image * positions * classes
      sum += loss.lossAndGradient(
        logits: logits.pointer(to: Float.self) + offset,
        labels: Array(labels[image * positions..<(image + 1) * positions]),
        images: 1, totalImages: images, gradient: parts.pointer(to: Float.self) + offset)
    }
    #expect(abs(sum - all) < 1e-12)
    #expect(parts.bytes == whole.bytes)
  }

  @Test func notANumberReachesTheLoss() {
    for place in 0..<classes {
      let logits = TestBuffer(Float.self, count: classes)
      logits.pointer(to: Float.self)[place] = .nan
      let gradient = TestBuffer(Float.self, count: classes)
      let softmax = SoftmaxCrossEntropy(positions: 1, classes: classes).lossAndGradient(
        logits: logits.pointer(to: Float.self), labels: [2], images: 1, totalImages: 1,
        gradient: gradient.pointer(to: Float.self))
      let margin = MultiLabelSoftMargin(positions: 1, classes: classes).lossAndGradient(
        logits: logits.pointer(to: Float.self), labels: [2], images: 1, totalImages: 1,
        gradient: gradient.pointer(to: Float.self))
      #expect(softmax.isNaN && margin.isNaN, "NaN in class \(place)")
    }
  }

  @Test func mostLikelyIsTheFirstLargestWithItsProbability() {
    let rows: [[Double]] = [[0, 3, 1], [5, 5, -100], [-1, -2, 90]]
    let logits = TestBuffer(floats: rows.flatMap { $0 })
    let labels = TestBuffer(UInt16.self, count: 3)
    let confidences = TestBuffer(Float.self, count: 3)
    mostLikely(
      logits: logits.pointer(to: Float.self), rows: 3, classes: 3, labels: labels.pointer(to: UInt16.self),
      confidences: confidences.pointer(to: Float.self))
    #expect((0..<3).map { labels.pointer(to: UInt16.self)[$0] } == [1, 0, 2])
    let expected = rows.map { row in exp(row.max() ?? 0) / row.reduce(0) { $0 + exp($1) } }
    #expect(relativeError(Array(confidences.floats), expected) < 1e-6)
  }
}
