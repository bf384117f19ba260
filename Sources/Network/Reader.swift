import Samples

/// Infers images with a network, those of low confidence five times: as they are, and shifted by one and by two pixels
/// to either side. Errors on shifted copies are partly independent, so the mean of the five looks is right more often
/// than the first (Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", 2012, average
/// over shifted crops, of every image).
///
/// It does not shift vertically: where glyphs are drawn on a line, no image like that was trained on.
package struct Reader {
  /// A first look with less confidence is followed by four more. With a model that is wrong on one image in a hundred,
  /// that is one image in thirty; more looks at the others change almost nothing (Docs/training.md).
  private static let confidenceMin = 0.9
  /// Pixels to the right.
  private static let shifts = [1, -1, 2, -2]
  /// With a batch of at least this size, a network runs the further looks at one image on several threads.
  package static let batchMin = shifts.count

  private let network: Network

  /// - Parameter network: Made for inference, with its parameters loaded.
  package init(_ network: Network) { self.network = network }

  /// Infers up to a batch of images. The prediction for one does not depend on the others.
  /// - Parameter images: [count, height, width, channel], with `count` at most the network's batch.
  /// - Returns: The prediction for each, in order; after several looks, from the mean of the logits.
  package func read(images: ArraySlice<UInt8>) -> [Reading] {
    let geometry = network.description.input
    var readings = network.read(images: images)
    let doubtful = readings.indices.filter { readings[$0].confidence < Self.confidenceMin }
    let moved = doubtful.flatMap { index in
      let image = images.dropFirst(index * geometry.byteCount).prefix(geometry.byteCount)
      return Self.shifts.map { (image, $0) }
    }
    let looks = stride(from: 0, to: moved.count, by: network.batch).flatMap { start in
      let part = moved[start..<min(start + network.batch, moved.count)]
      return network.read(images: part.flatMap { shift($0, by: $1, geometry) }[...])
    }
    for (number, index) in doubtful.enumerated() {
      let looks = [readings[index]] + looks[number * Self.shifts.count..<(number + 1) * Self.shifts.count]
      let mean = readings[index].logits.indices.map { logit in
        looks.reduce(0) { $0 + $1.logits[logit] } / Float(looks.count)
      }
      readings[index] = Reading(logits: mean, of: network.description)
    }
    return readings
  }
}

/// An image shifted sideways; the edge's pixels fill the gap.
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
