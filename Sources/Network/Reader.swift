import Samples

/// Reads images with a network, and looks again at those that leave it in doubt: moved by one and by two pixels to
/// either side. To the network these are new images of the same text, on which it makes other mistakes, and the mean of
/// all five looks is right more often than the first (Krizhevsky et al., "ImageNet classification with deep
/// convolutional neural networks", 2012, average over shifted crops, of every image).
///
/// Up and down it does not look: where glyphs are drawn to a line, an image moved that way is like none that was learned.
package struct Reader {
  /// A first look with less confidence is not relied on. Of a model that misreads one image in a hundred, that is one in
  /// thirty; to look at the others again as well changes next to nothing (Docs/training.md).
  private static let relianceMin = 0.9
  /// Pixels to the right.
  private static let moves = [1, -1, 2, -2]
  /// With room for so many images in its batch, a network looks again at one on several threads.
  package static let batchMin = moves.count

  private let network: Network

  /// - Parameter network: Made for inference, with its parameters loaded.
  package init(_ network: Network) { self.network = network }

  /// Reads up to a batch of images. What is read in one does not depend on the others.
  /// - Parameter images: [count, height, width, channel], with `count` at most the network's batch.
  /// - Returns: What it reads in each, in order; where it looked again, with the mean of the logits.
  package func read(images: ArraySlice<UInt8>) -> [Reading] {
    let geometry = network.description.input
    var readings = network.read(images: images)
    let doubtful = readings.indices.filter { readings[$0].confidence < Self.relianceMin }
    let moved = doubtful.flatMap { place in
      let image = images.dropFirst(place * geometry.byteCount).prefix(geometry.byteCount)
      return Self.moves.map { (image, $0) }
    }
    let looks = stride(from: 0, to: moved.count, by: network.batch).flatMap { start in
      let part = moved[start..<min(start + network.batch, moved.count)]
      return network.read(images: part.flatMap { shift($0, by: $1, geometry) }[...])
    }
    for (number, place) in doubtful.enumerated() {
      let looks = [readings[place]] + looks[number * Self.moves.count..<(number + 1) * Self.moves.count]
      let mean = readings[place].logits.indices.map { index in
        looks.reduce(0) { $0 + $1.logits[index] } / Float(looks.count)
      }
      readings[place] = Reading(logits: mean, of: network.description)
    }
    return readings
  }
}

/// An image with its content moved sideways; what comes in looks as the edge does.
/// - Parameters:
///   - image: [height, width, channel]
///   - move: Pixels to the right.
private func shift(_ image: ArraySlice<UInt8>, by move: Int, _ geometry: Geometry) -> [UInt8] {
  let channels = geometry.format.rawValue
  let pixelCount = min(abs(move), geometry.width)
  var shifted: [UInt8] = []
  shifted.reserveCapacity(geometry.byteCount)
  for start in stride(from: image.startIndex, to: image.endIndex, by: geometry.width * channels) {
    let row = image[start..<start + geometry.width * channels]
    if move > 0 {
      for _ in 0..<pixelCount { shifted += row.prefix(channels) }
      shifted += row.dropLast(pixelCount * channels)
    } else {
      shifted += row.dropFirst(pixelCount * channels)
      for _ in 0..<pixelCount { shifted += row.suffix(channels) }
    }
  }
  return shifted
}
