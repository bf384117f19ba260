import Network
import Testing

@Suite struct LanesTests {
  /// Bytes of the largest activation of one image of `glyphnet` in float32.
  private static let activationByteCount = 32 * 30 * 80 * 4

  private func lanes(batch: Int, countMax: Int, isTraining: Bool = true) -> Lanes {
    Lanes(
      batch: batch, countMax: countMax, activationByteCount: Self.activationByteCount, isTraining: isTraining,
      threadCount: 2)
  }

  /// Enough for 16 threads with 32 images, and for 32 threads with 128.
  @Test(arguments: [
    (batch: 32, countMax: 8, count: 8), (32, 16, 16), (32, 32, 32), (128, 16, 32), (128, 32, 32), (128, 64, 64),
    (50, 8, 10), (50, 32, 25), (7, 8, 7), (31, 16, 31), (4096, 8, 1024),
  ])
  func aBatchIsCutIntoEqualLanes(batch: Int, countMax: Int, count: Int) {
    let lanes = lanes(batch: batch, countMax: countMax)
    #expect(lanes.count == count && lanes.count * lanes.images == batch)
  }

  @Test(arguments: [(batch: 32, countMax: 16), (32, 32), (128, 32)])
  func thereAreAsManySharesAsLanesWereAskedFor(batch: Int, countMax: Int) {
    #expect(lanes(batch: batch, countMax: countMax).shares.count == countMax)
  }

  /// Inference has no sums over images, so that many short lanes cost it nothing.
  @Test(arguments: [(countMax: 8, count: 32), (16, 32), (32, 32), (64, 64)])
  func inferenceHasAtLeastThirtyTwoLanes(countMax: Int, count: Int) {
    #expect(lanes(batch: 128, countMax: countMax, isTraining: false).count == count)
  }
}
