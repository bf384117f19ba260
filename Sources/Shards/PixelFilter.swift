import Samples

/// How a record holds an image's pixels: in columns from the left, each pixel as its difference, modulo 256, from the one
/// before it. `Schemas/shard-v1.md`, "Pixels", has the definition and what it gains.
struct PixelFilter {
  private let width: Int
  private let height: Int
  private let channelCount: Int
  private let byteCount: Int

  init(_ geometry: Geometry) {
    width = geometry.width
    height = geometry.height
    channelCount = geometry.format.rawValue
    byteCount = geometry.byteCount
  }

  /// Whether tiles cover the image, the last ones laid back over the ones before.
  private var isTiled: Bool { channelCount == 1 && min(width, height) >= ByteTiles.columnCount }

  /// - Parameters:
  ///   - image: [height, width, channel].
  ///   - stored: [width, height, channel]; apart from `image`.
  func filter(_ image: UnsafeBufferPointer<UInt8>, into stored: UnsafeMutableBufferPointer<UInt8>) {
    precondition(image.count == byteCount && stored.count == byteCount)
    guard let image = image.baseAddress, let stored = stored.baseAddress else { return }
    // SAFETY: both buffers have the image's byte count, and all places are of its pixels.
    if isTiled { filterTiles(image, into: stored) } else { filterPixels(image, into: stored) }
  }

  /// The image whose filtered pixels are `stored`; any bytes are those of some image.
  /// - Parameters:
  ///   - stored: [width, height, channel].
  ///   - image: [height, width, channel]; apart from `stored`.
  func reconstruct(_ stored: UnsafeBufferPointer<UInt8>, into image: UnsafeMutableBufferPointer<UInt8>) {
    precondition(image.count == byteCount && stored.count == byteCount)
    guard let image = image.baseAddress, let stored = stored.baseAddress else { return }
    // SAFETY: as in `filter`.
    if isTiled { reconstructTiles(stored, into: image) } else { reconstructPixels(stored, into: image) }
  }
}

// MARK: - Pixel by pixel

extension PixelFilter {
  private func filterPixels(_ image: UnsafePointer<UInt8>, into stored: UnsafeMutablePointer<UInt8>) {
    for channel in 0..<channelCount {
      var before: UInt8 = 0
      var target = stored + channel
      for x in 0..<width {
        var source = image + x * channelCount + channel
        for _ in 0..<height {
          target.pointee = source.pointee &- before
          before = source.pointee
          source += width * channelCount
          target += channelCount
        }
      }
    }
  }

  private func reconstructPixels(_ stored: UnsafePointer<UInt8>, into image: UnsafeMutablePointer<UInt8>) {
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

// MARK: - Tile by tile

extension PixelFilter {
  private func filterTiles(_ image: UnsafePointer<UInt8>, into stored: UnsafeMutablePointer<UInt8>) {
    ByteTiles.cover(rows: height, columns: width) { y, x in
      var tiles = ByteTiles()
      for row in 0..<ByteTiles.rowCount {
        // The pixel before the first of a column is the last of the column to the left.
        let line = image + (y + row) * width + x
        let lineBefore = y + row == 0 ? image + (height - 1) * width + x - 1 : line - width
        var before = loadRow(lineBefore)
        if x == 0 && y + row == 0 { before[0] = 0 }
        tiles.set(row, to: loadRow(line) &- before)
      }
      tiles.storeColumns(to: stored + x * height + y, stride: height)
    }
  }

  private func reconstructTiles(_ stored: UnsafePointer<UInt8>, into image: UnsafeMutablePointer<UInt8>) {
    transposeBytes(stored, rows: width, columns: height, sourceStride: height, into: image, targetStride: width)
    sumDown(image)
  }

  /// Turns an image of differences into one of pixels: sums down each column, from the last pixel of the one before.
  private func sumDown(_ image: UnsafeMutablePointer<UInt8>) {
    var before: UInt8 = 0
    let whole = width - width % ByteTiles.columnCount
    for x in stride(from: 0, to: whole, by: ByteTiles.columnCount) {
      var sums = SIMD32<UInt8>()
      for y in 0..<height { sums &+= loadRow(image + y * width + x) }
      withUnsafeMutableBytes(of: &sums) { sums in
        for column in sums.indices {
          let columnSum = sums[column]
          sums[column] = before
          before &+= columnSum
        }
      }
      for y in 0..<height {
        sums &+= loadRow(image + y * width + x)
        UnsafeMutableRawPointer(image + y * width + x).storeBytes(of: sums, as: SIMD32<UInt8>.self)
      }
    }
    for x in whole..<width {
      for y in 0..<height {
        before &+= image[y * width + x]
        image[y * width + x] = before
      }
    }
  }
}

@inline(__always)
private func loadRow(_ address: UnsafePointer<UInt8>) -> SIMD32<UInt8> {
  UnsafeRawPointer(address).loadUnaligned(as: SIMD32<UInt8>.self)
}
