import Samples

extension LoadedImage {
  /// An image over white is blank if its samples differ by less than this in each channel.
  private static let contrastMin = 32
  /// The image over black is taken if the samples of a channel differ by at least this much.
  private static let contrastOnBlackMin = 64

  /// An image with transparent pixels, put on white; or on black, with a note, if white would leave it blank, as with
  /// light text on a transparent background, and black would not.
  /// - Parameters:
  ///   - samples: [height, width, channel + 1], the last of each pixel its alpha.
  ///   - blended: A sample of a pixel with this alpha, over a background of 0 or 255.
  static func onGround<Sample>(
    _ samples: [Sample], _ geometry: Geometry, blended: (_ value: Sample, _ alpha: Sample, _ ground: UInt8) -> UInt8
  ) -> LoadedImage {
    func image(over ground: UInt8) -> Image {
      let channelCount = geometry.format.rawValue
      var pixels: [UInt8] = []
      pixels.reserveCapacity(geometry.byteCount)
      for start in stride(from: 0, to: samples.count, by: channelCount + 1) {
        let alpha = samples[start + channelCount]
        for channel in 0..<channelCount { pixels.append(blended(samples[start + channel], alpha, ground)) }
      }
      return Image(geometry: geometry, pixels: pixels)
    }
    let onWhite = image(over: 255)
    guard !onWhite.hasContrast(of: contrastMin) else { return LoadedImage(image: onWhite) }
    let onBlack = image(over: 0)
    guard onBlack.hasContrast(of: contrastOnBlackMin) else { return LoadedImage(image: onWhite) }
    return LoadedImage(image: onBlack, remarks: [.onBlack])
  }

  /// The same, of 8-bit samples that are not multiplied by alpha.
  static func onGround(_ samples: [UInt8], _ geometry: Geometry) -> LoadedImage {
    onGround(samples, geometry) { value, alpha, ground in
      let sum = Int(value) * Int(alpha) + Int(ground) * (255 - Int(alpha))
      return UInt8((sum + 127) / 255)
    }
  }
}

extension Image {
  /// Whether two samples of one channel differ by `difference` or more.
  package func hasContrast(of difference: Int) -> Bool {
    let channelCount = geometry.format.rawValue
    return (0..<channelCount).contains { channel in
      var (lowest, highest) = (pixels[channel], pixels[channel])
      for index in stride(from: channel, to: pixels.count, by: channelCount) {
        lowest = min(lowest, pixels[index])
        highest = max(highest, pixels[index])
        if Int(highest) - Int(lowest) >= difference { return true }
      }
      return false
    }
  }
}
