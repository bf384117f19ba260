import Samples

extension Network {
  /// An image with less confidence is inferred in four more copies. With a model that is wrong on one image in a hundred,
  /// that is one image in thirty; more copies of the others change almost nothing (Docs/training.md).
  private static let confidenceMin = 0.9
  /// Pixels to the right. None is vertical: if all glyphs stand on one line, no training image was shifted like that.
  private static let shifts = [1, -1, 2, -2]
  /// With a batch of at least this size, `predictWithShifts` infers the shifted copies of one image on several threads.
  package static let shiftCount = shifts.count

  /// Infers up to a batch of images, those of low confidence five times: as they are, and shifted by one and by two
  /// pixels to either side. Errors on shifted copies are partly independent, so the mean of the five is right more often
  /// than the first (Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", 2012,
  /// average over shifted crops, of every image). The prediction for one image does not depend on the others.
  /// - Parameter images: [count, height, width, channel], with `count` at most `batch`.
  /// - Returns: The prediction for each, in order; of several copies, from the mean of their logits.
  package func predictWithShifts(images: ArraySlice<UInt8>) -> [Prediction] {
    let geometry = description.input
    var predictions = predict(images: images)
    let doubtful = predictions.indices.filter { predictions[$0].confidence < Self.confidenceMin }
    let shifted = doubtful.flatMap { index in
      let image = images.dropFirst(index * geometry.byteCount).prefix(geometry.byteCount)
      return Self.shifts.map { (image, $0) }
    }
    let shiftedPredictions = stride(from: 0, to: shifted.count, by: batch).flatMap { start in
      let part = shifted[start..<min(start + batch, shifted.count)]
      return predict(images: part.flatMap { shift($0, by: $1, geometry) }[...])
    }
    for (number, index) in doubtful.enumerated() {
      let copies =
        [predictions[index]] + shiftedPredictions[number * Self.shifts.count..<(number + 1) * Self.shifts.count]
      let mean = predictions[index].logits.indices.map { logit in
        copies.reduce(0) { $0 + $1.logits[logit] } / Float(copies.count)
      }
      predictions[index] = Prediction(logits: mean, of: description)
    }
    return predictions
  }
}

/// An image shifted sideways; the edge's pixels fill the gap.
/// - Parameters:
///   - image: [height, width, channel]
///   - move: Pixels to the right.
private func shift(_ image: ArraySlice<UInt8>, by move: Int, _ geometry: Geometry) -> [UInt8] {
  let channels = geometry.format.rawValue
  let rowByteCount = geometry.width * channels
  let pixelCount = min(abs(move), geometry.width)
  var shifted: [UInt8] = []
  shifted.reserveCapacity(geometry.byteCount)
  for start in stride(from: image.startIndex, to: image.endIndex, by: rowByteCount) {
    let row = image[start..<start + rowByteCount]
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
