/// The shape of one image's activation and the order of its values in memory: [channels / block, height, width, block].
/// `block == channels` is NHWC, `block == 1` is NCHW, and 8 or 16 is what oneDNN calls nChw8c and nChw16c.
package struct ActivationShape: Hashable, Sendable {
  package let channels: Int
  package let height: Int
  package let width: Int
  package let block: Int

  /// - Precondition: all are positive, and `block` divides `channels`.
  package init(channels: Int, height: Int, width: Int, block: Int) {
    precondition(channels > 0 && height > 0 && width > 0 && block > 0 && channels % block == 0)
    self.channels = channels
    self.height = height
    self.width = width
    self.block = block
  }

  /// Values of one image.
  package var elementCount: Int { channels * height * width }
  package var pixelCount: Int { height * width }

  /// An image is this many planes, each [height, width, block].
  var planeCount: Int { channels / block }
  var planeElementCount: Int { pixelCount * block }

  /// The offset of a value from the image's first, in values.
  package func offset(channel: Int, y: Int, x: Int) -> Int {
    (channel / block * pixelCount + y * width + x) * block + channel % block
  }

  /// The shape after a pool of windows of `size` x `size`, side by side.
  package func pooled(by size: Int) -> ActivationShape {
    ActivationShape(channels: channels, height: height / size, width: width / size, block: block)
  }

  static let tilePixelsMax = 128

  /// Calls `body` for every tile: a run of pixels of one plane with a vector of up to eight channels. `offset` is that of
  /// its first value from the first image; the next pixel's is `block` further. A tile has at most `tilePixelsMax` pixels,
  /// so its sums are precise enough in float32, and its values stay in the first-level cache while the same pixels' other
  /// channels are read.
  @inline(__always)
  func forEachTile(
    ofImages images: Int,
    _ body: (_ offset: Int, _ pixels: Int, _ plane: Int, _ firstPixel: Int, _ channel: Int, _ width: Int) -> Void
  ) {
    let tilePixels = max(1, Self.tilePixelsMax * 8 / max(block, 8))
    for image in 0..<images {
      for plane in 0..<planeCount {
        let start = image &* elementCount &+ plane &* planeElementCount
        var firstPixel = 0
        while firstPixel < pixelCount {
          let pixels = min(tilePixels, pixelCount &- firstPixel)
          forEachVector(count: block) { channel, width in
            body(
              start &+ firstPixel &* block &+ channel, pixels, image &* planeCount &+ plane, firstPixel,
              plane &* block &+ channel, width)
          }
          firstPixel &+= pixels
        }
      }
    }
  }
}

/// The memory order of a network's activations.
package enum ActivationOrder: Hashable, Sendable {
  /// NHWC
  case channelsLast
  /// Blocks of that many channels; NCHW where the block does not divide the channels, as of the network's input.
  case blocked(Int)

  package func shape(channels: Int, height: Int, width: Int) -> ActivationShape {
    let block =
      switch self {
      case .channelsLast: channels
      case .blocked(let block): channels % block == 0 ? block : 1
      }
    return ActivationShape(channels: channels, height: height, width: width, block: block)
  }
}

/// Calls `body` for every vector of one plane, in memory order. `channel` is the vector's first channel within the plane,
/// `offset` its first value's offset from the plane's start.
@inline(__always)
func forEachVector(
  ofPlane pixelCount: Int, block: Int, _ body: (_ offset: Int, _ channel: Int, _ width: Int) -> Void
) {
  if block % 8 == 0 {
    var offset = 0
    for _ in 0..<pixelCount {
      var channel = 0
      while channel < block {
        body(offset, channel, 8)
        channel &+= 8
        offset &+= 8
      }
    }
  } else {
    // One call for whole and partial vectors alike: with two, the code is no longer inlined, and this case is rare.
    for pixel in 0..<pixelCount {
      var channel = 0
      while channel < block {
        body(pixel &* block &+ channel, channel, min(8, block &- channel))
        channel &+= 8
      }
    }
  }
}
