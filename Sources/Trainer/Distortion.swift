import Samples
import Workers

/// Augmentation: warps each image anew in every step, so that a model does not memorize a few hundred images.
///
/// Three corners of the image move at random, horizontally and vertically. The affine map that they define moves,
/// scales, slants and rotates the image a little. A pure function of (seed, step, index in the batch).
struct Distortion: Sendable {
  let geometry: Geometry
  /// The most pixels that a corner moves.
  let reach: Double
  /// Seed of this training's distortions.
  let seed: UInt64

  /// Images of a batch, distorted for step `step`.
  /// - Parameters:
  ///   - images: [count, height, width, channel], 8-bit.
  ///   - first: The first one's index in the batch.
  ///   - batch: Images in the batch.
  func distorted(_ images: [UInt8], from first: Int, of batch: Int, step: Int, team: Team) -> [UInt8] {
    let count = images.count / geometry.byteCount
    return [UInt8](unsafeUninitializedCapacity: images.count) { result, resultCount in
      resultCount = images.count
      images.withUnsafeBufferPointer { images in
        // SAFETY: each call writes its own image of `result`, and the team ends all calls before it returns.
        nonisolated(unsafe) let (result, images) = (result, images)
        team.run(count: count) { index in
          let part = index * geometry.byteCount..<(index + 1) * geometry.byteCount
          var random = RandomStream(seed: seed, stream: UInt64(step * batch + first + index))
          draw(
            UnsafeBufferPointer(rebasing: images[part]), through: AffineMap(geometry, reach: reach, random: &random),
            into: UnsafeMutableBufferPointer(rebasing: result[part]))
        }
      }
    }
  }

  /// Bilinear interpolation; pixels outside the image repeat its edge.
  private func draw(
    _ source: UnsafeBufferPointer<UInt8>, through map: AffineMap, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let (width, height, channels) = (geometry.width, geometry.height, geometry.format.rawValue)
    for y in 0..<height {
      for x in 0..<width {
        let point = map.source(x: Double(x), y: Double(y))
        let left = Neighbours(point.x, count: width)
        let top = Neighbours(point.y, count: height)
        for channel in 0..<channels {
          func pixel(_ row: Int, _ column: Int) -> Double {
            Double(source[(row * width + column) * channels + channel])
          }
          let upper = left.blend(pixel(top.first, left.first), pixel(top.first, left.second))
          let lower = left.blend(pixel(top.second, left.first), pixel(top.second, left.second))
          target[(y * width + x) * channels + channel] = UInt8(top.blend(upper, lower) + 0.5)
        }
      }
    }
  }
}

/// Maps a pixel to the point of the source image that it shows.
private struct AffineMap {
  private let origin: SIMD2<Double>
  private let right: SIMD2<Double>
  private let down: SIMD2<Double>

  /// Moves the upper left, upper right and lower left corners by up to `reach` pixels horizontally and vertically.
  init(_ geometry: Geometry, reach: Double, random: inout RandomStream) {
    let size = SIMD2(Double(geometry.width), Double(geometry.height))
    let moves = (0..<3).map { _ in SIMD2(random.next(in: -reach...reach), random.next(in: -reach...reach)) }
    origin = moves[0]
    right = (SIMD2(size.x, 0) + moves[1] - moves[0]) / size.x
    down = (SIMD2(0, size.y) + moves[2] - moves[0]) / size.y
  }

  func source(x: Double, y: Double) -> SIMD2<Double> { origin + right * x + down * y }
}

/// The two neighbouring pixels of a coordinate in a row or column, for linear interpolation.
private struct Neighbours {
  let first: Int
  let second: Int
  private let weight: Double

  init(_ coordinate: Double, count: Int) {
    let coordinate = min(max(coordinate, 0), Double(count - 1))
    first = Int(coordinate)
    second = min(first + 1, count - 1)
    weight = coordinate - Double(first)
  }

  func blend(_ one: Double, _ other: Double) -> Double { one + weight * (other - one) }
}
