import Foundation
import Generator
import Testing

@Suite struct FixedPointAngleTests {
  @Test func agreesWithTheCLibrary() {
    for step in -5000...5000 {
      let radians = Double(step) * 0.005
      let (sine, cosine) = sineAndCosine(ofRadians: radians)
      #expect(abs(sine - sin(radians)) < 2.3e-16)
      #expect(abs(cosine - cos(radians)) < 2.3e-16)
    }
  }

  /// Values of Python's `round(x, 15)`.
  @Test(arguments: [
    (0.8660254037844387, 0.866025403784439), (-0.49999999999999994, -0.5), (0.1234567890123456, 0.123456789012346),
    (1.0, 1.0), (0.0, 0.0), (-0.9999999999999997, -1.0), (4.4e-16, 0.0), (5.4e-16, 1e-15),
    (0.3333333333333333, 0.333333333333333),
  ])
  func roundsAsPython(value: Double, expected: Double) {
    #expect(roundedTo15Places(value) == expected)
  }
}
