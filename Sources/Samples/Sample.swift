/// One labelled image, with what is needed to draw it again.
package struct Sample: Sendable, Hashable {
  /// Index in its split, from 0.
  package let index: UInt64
  /// Seed of the image's random choices; below 2^63, so that SQLite shows it as a positive number.
  package let seed: UInt64
  /// Index of the label's charset among those of its dataset.
  package let charset: Int
  package let label: Label
  package let columns: ImageColumns

  package init(index: UInt64, seed: UInt64, charset: Int = 0, label: Label, columns: ImageColumns) {
    self.index = index
    self.seed = seed
    self.charset = charset
    self.label = label
    self.columns = columns
  }

  package init(index: UInt64, seed: UInt64, charset: Int = 0, label: Label, image: Image) {
    self.init(index: index, seed: seed, charset: charset, label: label, columns: ImageColumns(image))
  }

  package var image: Image { columns.image }
}

/// A part of a dataset that serves one purpose.
package enum Split: String, Sendable, Hashable, CaseIterable, Comparable {
  case train
  case validation
  case test

  /// The split's number in seeds; never renumber.
  private var stream: UInt64 {
    switch self {
    case .train: 0
    case .validation: 1
    case .test: 2
    }
  }

  /// The seed of sample `index`. For one pipeline seed this is a bijection on 63 bits of (split, index), so no two
  /// samples of a pipeline have the same seed, even across splits.
  /// - Precondition: `index` is below 2^48.
  package func seed(ofSample index: UInt64, pipelineSeed: UInt64) -> UInt64 {
    precondition(index < 1 << 48)
    return mixBits63((stream << 48 | index) ^ (mixBits63(pipelineSeed & mask63) ^ pipelineSeed >> 63))
  }

  package static func < (left: Split, right: Split) -> Bool { left.stream < right.stream }
}

private let mask63: UInt64 = 1 << 63 - 1

/// A bijection on 63-bit numbers: the finaliser of SplitMix64 (Steele, Lea and Flood 2014) modulo 2^63. Each step, a
/// product with an odd number or an exclusive or with a right shift, is invertible there.
private func mixBits63(_ value: UInt64) -> UInt64 {
  var z = (value &+ 0x9E37_79B9_7F4A_7C15) & mask63
  z = ((z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9) & mask63
  z = ((z ^ z >> 27) &* 0x94D0_49BB_1331_11EB) & mask63
  return z ^ z >> 31
}
