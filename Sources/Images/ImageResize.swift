import Samples

extension Image {
  /// The image in another size and pixel format.
  package func converted(to geometry: Geometry) -> Image {
    converted(to: geometry.format).resized(width: geometry.width, height: geometry.height)
  }

  /// The image in another size, its sides stretched to fit. Each pixel of the result is a weighted mean of those under
  /// a triangle around its position, as wide as the larger of the two pixel sizes: Pillow's `resize` with BILINEAR,
  /// except for rounding.
  package func resized(width: Int, height: Int) -> Image {
    guard width != geometry.width || height != geometry.height else { return self }
    let channelCount = geometry.format.rawValue
    // Rows are resized as runs of pixels of `channelCount` values, columns as runs of whole rows.
    let wide = resample(
      pixels, asFloat: { Float($0) }, count: geometry.width, to: width, elementCount: channelCount,
      runCount: geometry.height)
    let result = resample(
      wide, asFloat: { $0 }, count: geometry.height, to: height, elementCount: width * channelCount, runCount: 1)
    return Image(
      geometry: Geometry(width: width, height: height, format: geometry.format),
      pixels: result.map { UInt8(max(0, min(255, $0.rounded()))) })
  }
}

/// Resamples each of `runCount` runs from `count` to `newCount` elements. An element has `elementCount` values.
private func resample<Value>(
  _ values: [Value], asFloat: (Value) -> Float, count: Int, to newCount: Int, elementCount: Int, runCount: Int
) -> [Float] {
  var result = [Float](repeating: 0, count: runCount * newCount * elementCount)
  let scale = Double(count) / Double(newCount)
  let radius = max(1, scale)
  for position in 0..<newCount {
    let centre = (Double(position) + 0.5) * scale
    let first = max(0, Int((centre - radius + 0.5).rounded(.down)))
    let end = min(count, Int((centre + radius + 0.5).rounded(.down)))
    let weights = (first..<end).map { max(0, 1 - abs((Double($0) + 0.5 - centre) / radius)) }
    let sum = weights.reduce(0, +)
    for run in 0..<runCount {
      let target = (run * newCount + position) * elementCount
      for (index, weight) in zip(first..<end, weights) {
        let source = (run * count + index) * elementCount
        let factor = Float(weight / sum)
        for value in 0..<elementCount { result[target + value] += factor * asFloat(values[source + value]) }
      }
    }
  }
  return result
}
