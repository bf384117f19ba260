import Samples
import Workers

/// Draws every image a little differently each time it is learned from, so that a model learns what a few hundred images
/// have in common rather than the images themselves.
///
/// Three corners of the image move at random, each in both directions, and what is between them follows: that moves,
/// scales, slants and turns it by a little. A pure function of (seed, step, place in the batch).
struct Distortion: Sendable {
  private let geometry: Geometry
  /// Pixels that a corner moves by at most.
  private let reach: Double
  private let seed: UInt64

  /// - Parameters:
  ///   - share: How far a corner moves at most, as a share of the image's height.
  ///   - seed: Of all that is random in this training's distortions.
  init(of geometry: Geometry, share: Double, seed: UInt64) {
    self.geometry = geometry
    reach = share * Double(geometry.height)
    self.seed = seed
  }

  /// The batch as the step `step` learns from it.
  /// - Parameter images: [batch, height, width, channel], 8-bit.
  func distorted(_ images: [UInt8], step: Int, team: Team) -> [UInt8] {
    let count = images.count / geometry.byteCount
    return [UInt8](unsafeUninitializedCapacity: images.count) { result, resultCount in
      resultCount = images.count
      images.withUnsafeBufferPointer { images in
        // SAFETY: the calls write disjoint parts of `result`, a place each, and the team ends them all before it returns.
        nonisolated(unsafe) let (result, images) = (result, images)
        team.run(count: count) { place in
          let part = place * geometry.byteCount..<(place + 1) * geometry.byteCount
          var random = RandomStream(seed: seed, stream: UInt64(step * count + place))
          draw(
            UnsafeBufferPointer(rebasing: images[part]), through: AffineMap(geometry, reach: reach, random: &random),
            into: UnsafeMutableBufferPointer(rebasing: result[part]))
        }
      }
    }
  }

  /// Bilinear; what lies outside the image looks as its edge does.
  private func draw(
    _ source: UnsafeBufferPointer<UInt8>, through map: AffineMap, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let (width, height, channels) = (geometry.width, geometry.height, geometry.format.rawValue)
    for y in 0..<height {
      for x in 0..<width {
        let (column, row) = map.source(x: Double(x), y: Double(y))
        let left = Neighbours(column, count: width)
        let top = Neighbours(row, count: height)
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

/// Where a pixel's content comes from.
private struct AffineMap {
  private let origin: SIMD2<Double>
  private let right: SIMD2<Double>
  private let down: SIMD2<Double>

  /// The upper left, upper right and lower left corners, each moved by up to `reach` in both directions.
  init(_ geometry: Geometry, reach: Double, random: inout RandomStream) {
    let size = SIMD2(Double(geometry.width), Double(geometry.height))
    let moves = (0..<3).map { _ in
      SIMD2(random.next(in: -reach...reach), random.next(in: -reach...reach))
    }
    origin = moves[0]
    right = (SIMD2(size.x, 0) + moves[1] - moves[0]) / size.x
    down = (SIMD2(0, size.y) + moves[2] - moves[0]) / size.y
  }

  func source(x: Double, y: Double) -> (x: Double, y: Double) {
    let place = origin + right * x + down * y
    return (place.x, place.y)
  }
}

/// The two pixels of a row or column that a place lies between.
private struct Neighbours {
  let first: Int
  let second: Int
  private let share: Double

  init(_ place: Double, count: Int) {
    let place = min(max(place, 0), Double(count - 1))
    first = Int(place)
    second = min(first + 1, count - 1)
    share = place - Double(first)
  }

  func blend(_ one: Double, _ other: Double) -> Double { one + share * (other - one) }
}
