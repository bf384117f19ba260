import Kernels
import Ranks

/// What ranks exchange of [image, feature] for the shares of a linear layer, which read all images. For the batches of
/// training, features are far fewer bytes than partial sums of the weights' gradient would be.
struct FeatureExchange {
  private let lanes: Lanes
  /// [image, feature], of all ranks' images.
  private let values: UnsafeMutablePointer<Float>
  private let count: Int

  init(of values: AlignedBuffer, count: Int, lanes: Lanes) {
    (self.lanes, self.values, self.count) = (lanes, values.floats, count)
  }

  private func piece(image: Int, images: Int = 1, features: Range<Int>) -> UnsafeMutableRawBufferPointer {
    .init(
      UnsafeMutableBufferPointer(
        start: values + image * count + features.lowerBound, count: (images - 1) * count + features.count))
  }

  /// Each rank has the features of its images; all get those of all images.
  func images() -> PieceExchange {
    let parts = lanes.partition.parts.map(lanes.images(ofLanes:))
    return PieceExchange(
      lanes.partition.ranks,
      sharing: parts.map { images in
        images.isEmpty ? [] : [piece(image: images.lowerBound, images: images.count, features: 0..<count)]
      })
  }

  /// Each rank has the features of its shares, of all images; it gets all features of its own images.
  func features() -> PieceExchange {
    let (ranks, lanes) = (lanes.partition.ranks, lanes)
    func pieces(ofRank rank: Int, forRank other: Int) -> [UnsafeMutableRawBufferPointer] {
      let features = lanes.units(ofShares: lanes.shares.part(of: rank), total: count)
      return lanes.images(ofLanes: lanes.partition.part(of: other)).map { piece(image: $0, features: features) }
    }
    return PieceExchange(
      ranks, sending: (0..<ranks.count).map { pieces(ofRank: ranks.rank, forRank: $0) },
      receiving: (0..<ranks.count).map { pieces(ofRank: $0, forRank: ranks.rank) })
  }
}
