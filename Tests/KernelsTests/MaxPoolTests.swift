import Kernels
import Testing

@Suite struct MaxPoolTests {
  @Test(
    arguments: [(8, 8, 2), (32, 32, 2), (16, 8, 3), (5, 5, 2), (6, 1, 3)] as [(Int, Int, Int)], Precision.allCases)
  func takesTheLargestAndGivesItTheGradient(_ layout: (channels: Int, block: Int, size: Int), _ precision: Precision) {
    let (channels, block, size) = layout
    let input = Activation(images: 3, channels: channels, height: 7, width: 11, seed: 1)
    let pool = MaxPool(input: input.shape(block: block), size: size, precision: precision)
    let outputGradient = Activation(images: 3, channels: channels, height: 7 / size, width: 11 / size, seed: 2)
    #expect(pool.output == outputGradient.shape(block: block))
    var expected = outputGradient
    var expectedGradient = input
    expectedGradient.values = input.values.map { _ in 0 }
    for image in 0..<3 {
      for channel in 0..<channels {
        for y in 0..<expected.height {
          for x in 0..<expected.width {
            var (bestY, bestX) = (y * size, x * size)
            for inputY in y * size..<(y + 1) * size {
              for inputX in x * size..<(x + 1) * size
              where input[image, channel, inputY, inputX] > input[image, channel, bestY, bestX] {
                (bestY, bestX) = (inputY, inputX)
              }
            }
            expected[image, channel, y, x] = input[image, channel, bestY, bestX]
            expectedGradient[image, channel, bestY, bestX] = outputGradient[image, channel, y, x]
          }
        }
      }
    }

    let source = input.stored(block: block, precision)
    let output = outputGradient.stored(block: block, precision)
    let choices = TestBuffer(byteCount: outputGradient.values.count)
    pool.forward(
      input: source.address, output: output.address, choices: choices.pointer(to: UInt8.self), images: 3)
    #expect(outputGradient.read(output, block: block, precision).values == expected.values)

    let gradient = outputGradient.stored(block: block, precision)
    let inputGradient = input.stored(block: block, precision)
    pool.backward(
      outputGradient: gradient.address, choices: choices.pointer(to: UInt8.self), inputGradient: inputGradient.address,
      images: 3)
    #expect(input.read(inputGradient, block: block, precision).values == expectedGradient.values)
  }
}
