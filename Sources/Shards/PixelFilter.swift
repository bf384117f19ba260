import Samples

/// How a record stores an image's pixels: in columns from the left, each pixel as its difference, modulo 256, from the
/// one before it. `Schemas/shard-v1.md`, "Pixels", has the definition and what it gains.
struct PixelFilter {
  let geometry: Geometry

  private var width: Int { geometry.width }
  private var height: Int { geometry.height }

  /// - Parameters:
  ///   - columns: [width, height, channel].
  ///   - stored: [width, height, channel]; must not overlap `columns`.
  func filter(_ columns: UnsafeBufferPointer<UInt8>, into stored: UnsafeMutableBufferPointer<UInt8>) {
    precondition(columns.count == geometry.byteCount && stored.count == geometry.byteCount)
    guard let columns = columns.baseAddress, let stored = stored.baseAddress else { return }
    let distance = geometry.format.rawValue
    // SAFETY: both buffers have the image's byte count, which is at least that of a pixel.
    for index in 0..<distance { stored[index] = columns[index] }
    for index in distance..<geometry.byteCount { stored[index] = columns[index] &- columns[index &- distance] }
  }

  /// The image whose filtered pixels are `stored`; any bytes are valid.
  /// - Parameters:
  ///   - stored: [width, height, channel].
  ///   - image: [height, width, channel]; must not overlap `stored`.
  func reconstruct(_ stored: UnsafeBufferPointer<UInt8>, into image: UnsafeMutableBufferPointer<UInt8>) {
    precondition(image.count == geometry.byteCount && stored.count == geometry.byteCount)
    guard let image = image.baseAddress, let stored = stored.baseAddress else { return }
    // SAFETY: both buffers have the image's byte count, and all offsets are inside.
    switch geometry.format {
    case .gray: reconstructGray(stored, into: image)
    case .rgb: reconstructChannels(stored, into: image)
    }
  }
}

// MARK: - Several channels, byte by byte

extension PixelFilter {
  private func reconstructChannels(_ stored: UnsafePointer<UInt8>, into image: UnsafeMutablePointer<UInt8>) {
    let channelCount = geometry.format.rawValue
    for channel in 0..<channelCount {
      var before: UInt8 = 0
      var source = stored + channel
      for x in 0..<width {
        var target = image + x * channelCount + channel
        for _ in 0..<height {
          before &+= source.pointee
          target.pointee = before
          source += channelCount
          target += width * channelCount
        }
      }
    }
  }
}

// MARK: - One channel, many pixels at once

extension PixelFilter {
  private func reconstructGray(_ stored: UnsafePointer<UInt8>, into image: UnsafeMutablePointer<UInt8>) {
    transposeBytes(stored, rows: width, columns: height, sourceStride: height, into: image, targetStride: width)
    var before: UInt8 = 0
    let whole = width - width % 32
    for x in stride(from: 0, to: whole, by: 32) { sumDown(image + x, from: &before) }
    for x in whole..<width {
      for y in 0..<height {
        before &+= image[y * width + x]
        image[y * width + x] = before
      }
    }
  }

  /// Turns the differences of 32 columns into pixels.
  /// - Parameter before: The last pixel of the column to the left; afterwards, that of the last of these columns.
  @inline(__always)
  private func sumDown(_ columns: UnsafeMutablePointer<UInt8>, from before: inout UInt8) {
    var sums = SIMD32<UInt8>()
    for y in 0..<height { sums &+= loadRow(columns + y * width) }
    withUnsafeMutableBytes(of: &sums) { sums in
      for column in sums.indices {
        let columnSum = sums[column]
        sums[column] = before
        before &+= columnSum
      }
    }
    for y in 0..<height {
      sums &+= loadRow(columns + y * width)
      UnsafeMutableRawPointer(columns + y * width).storeBytes(of: sums, as: SIMD32<UInt8>.self)
    }
  }
}

@inline(__always)
private func loadRow(_ address: UnsafePointer<UInt8>) -> SIMD32<UInt8> {
  UnsafeRawPointer(address).loadUnaligned(as: SIMD32<UInt8>.self)
}
