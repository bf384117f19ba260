import Kernels
import Testing

@Suite struct DropoutTests {
  /// The vectors' factors are those of the scalar generator, in every position, also where a row ends within a vector.
  @Test(arguments: [0.5, 0.3, 0.0, 0.99] as [Float])
  func factorsAreThoseOfTheScalarGenerator(_ rate: Float) {
    let features = 203
    let reference = DropoutReference(seed: 0x1234_5678_9ABC_DEF0, step: 3, layer: 2, rate: rate)
    let values = TestBuffer(floats: [Double](repeating: 1, count: 3 * features))
    LinearActivation(features: features, hasReLU: false).forward(
      values: values.pointer(to: Float.self), bias: nil, images: 3, dropout: reference.mask, firstImage: 40)
    for image in 0..<3 {
      for feature in 0..<features {
        let expected = reference.factor(plane: 40 + image, vector: feature / 8, channel: feature % 8)
        #expect(values.pointer(to: Float.self)[image * features + feature] == expected)
      }
    }
  }

  @Test func masksHaveTheirRateAndDifferByLayerAndStep() {
    func kept(_ reference: DropoutReference) -> [Bool] {
      (0..<40_000).map { reference.factor(plane: $0 / 4000, vector: $0 % 4000 / 8, channel: $0 % 8) > 0 }
    }
    let first = kept(DropoutReference(seed: 1, step: 1, layer: 1, rate: 0.3))
    // Four standard deviations of a binomial share.
    #expect(abs(Double(first.count { $0 }) / 40_000 - 0.7) < 4 * (0.21 / 40_000).squareRoot())
    for other in [
      DropoutReference(seed: 2, step: 1, layer: 1, rate: 0.3), DropoutReference(seed: 1, step: 2, layer: 1, rate: 0.3),
      DropoutReference(seed: 1, step: 1, layer: 2, rate: 0.3),
    ] {
      let same = zip(first, kept(other)).count { $0 == $1 }
      #expect(abs(Double(same) / 40_000 - 0.58) < 0.011)
    }
  }

  @Test(arguments: [true, false], [0.5, nil] as [Float?])
  func linearActivationAndItsGradientComputeTheFormula(_ hasReLU: Bool, _ rate: Float?) {
    let (images, features) = (3, 37)
    let reference = rate.map { DropoutReference(seed: 9, step: 1, layer: 0, rate: $0) }
    let activation = LinearActivation(features: features, hasReLU: hasReLU)
    let x = randomValues(count: images * features, seed: 1)
    let biases = randomValues(count: features, seed: 2)
    let gradients = randomValues(count: images * features, seed: 3)
    var (expected, expectedGradient) = (x, gradients)
    for index in x.indices {
      let (image, feature) = index.quotientAndRemainder(dividingBy: features)
      let factor = Double(reference?.factor(plane: 5 + image, vector: feature / 8, channel: feature % 8) ?? 1)
      let z = (x[index] + biases[feature]) * factor
      expected[index] = hasReLU ? max(0, z) : z
      expectedGradient[index] = hasReLU && z <= 0 ? 0 : gradients[index] * factor
    }
    let values = TestBuffer(floats: x)
    let bias = TestBuffer(floats: biases)
    let gradient = TestBuffer(floats: gradients)
    activation.forward(
      values: values.pointer(to: Float.self), bias: bias.pointer(to: Float.self), images: images,
      dropout: reference?.mask,
      firstImage: 5)
    activation.backward(
      gradient: gradient.pointer(to: Float.self), output: values.pointer(to: Float.self), images: images,
      dropout: reference?.mask,
      firstImage: 5)
    #expect(relativeError(values.floats, expected) < 1e-6)
    #expect(relativeError(gradient.floats, expectedGradient) < 1e-6)
    activation.sumBiasGradient(
      gradient: gradient.pointer(to: Float.self), images: images, biasGradient: bias.pointer(to: Float.self))
    let sums = (0..<features).map { feature in (0..<images).reduce(0) { $0 + expectedGradient[$1 * features + feature] }
    }
    #expect(relativeError(bias.floats, sums) < 1e-6)
  }
}
