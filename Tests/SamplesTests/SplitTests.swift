import Samples
import Testing

@Suite struct SplitTests {
  /// Computed apart from this code, with unbounded integers. Shards hold these numbers: they must never change.
  @Test(
    arguments: [
      (.train, 0, 0, 0x14CC_91F8_A6E9_F4F1),
      (.train, 1, 0, 0x016B_376C_C08D_F0E4),
      (.validation, 0, 0, 0x020D_9E3E_0810_EC13),
      (.test, 0, 0, 0x55ED_6520_9B6E_8989),
      (.test, 9999, 20_200_605, 0x0945_DDCA_0DC3_8CF1),
      (.train, 1 << 48 - 1, .max, 0x5D88_2558_6F4E_28CE),
    ] as [(Split, UInt64, UInt64, UInt64)])
  func seedsStayAsTheyAre(split: Split, index: UInt64, pipelineSeed: UInt64, seed: UInt64) {
    #expect(split.seed(ofSample: index, pipelineSeed: pipelineSeed) == seed)
  }

  @Test(arguments: [0, 20_200_605, 1 << 63, .max] as [UInt64])
  func noTwoSamplesShareASeed(pipelineSeed: UInt64) {
    var seeds: Set<UInt64> = []
    for split in Split.allCases {
      for index in 0..<20_000 as Range<UInt64> {
        seeds.insert(split.seed(ofSample: index, pipelineSeed: pipelineSeed))
      }
      seeds.insert(split.seed(ofSample: 1 << 48 - 1, pipelineSeed: pipelineSeed))
    }
    #expect(seeds.count == 3 * 20_001)
    #expect(seeds.allSatisfy { $0 < 1 << 63 })
  }

  @Test func pipelineSeedsGiveOtherSamples() {
    let seeds = ([0, 1, 2, 1 << 62, 1 << 63, .max] as [UInt64]).map { Split.train.seed(ofSample: 0, pipelineSeed: $0) }
    #expect(Set(seeds).count == 6)
  }

  @Test func splitsStandInTheOrderOfUse() {
    #expect([Split.test, .train, .validation].sorted() == [.train, .validation, .test])
  }
}
