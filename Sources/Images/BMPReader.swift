import Samples

/// Decodes BMP files, without a library: Debian's stb_image is, in its own words, for "people who can avoid problematic
/// images", and other decoders are parts of large libraries.
enum BMPReader: ImageReader {
  static func recognizes(_ bytes: [UInt8]) -> Bool { BMPHeader.recognizes(bytes) }

  static func decode(_ bytes: [UInt8], path: String, pixelCountMax: Int) throws(ImageError) -> LoadedImage {
    let header = try BMPHeader(of: bytes, path: path, pixelCountMax: pixelCountMax)
    if header.hasRuns { return try decodeRuns(of: bytes, header, path: path) }
    // The last row may lack the bytes that would fill it up to a multiple of four.
    let byteCount = header.rowByteCount * (header.height - 1) + (header.width * header.bitCount + 7) / 8
    let fields = ByteFields(bytes: bytes[...], order: .littleEndian)
    guard let content = fields.content(at: header.pixelOffset, byteCount: byteCount) else { throw cutOff(path: path) }
    // Where each row begins, from the top.
    let rows = (0..<header.height).map { row in
      content.startIndex + header.rowByteCount * (header.isTopDown ? row : header.height - 1 - row)
    }
    if header.bitCount <= 8 {
      let indices = indices(of: content, rows: rows, header)
      return IndexedImage(width: header.width, height: header.height, indices: indices, palette: header.palette)
        .loaded()
    }
    let geometry = Geometry(width: header.width, height: header.height, format: .rgb)
    if let alpha = header.alpha {
      let samples = samples(of: content, rows: rows, header, channels: header.channels + [alpha])
      // Programs that know nothing of alpha leave it at zero, where the file's header has a field for it.
      let hasOpaque = stride(from: 3, to: samples.count, by: 4).contains { samples[$0] != 0 }
      if hasOpaque { return .onGround(samples, geometry) }
    }
    let samples = samples(of: content, rows: rows, header, channels: header.channels)
    return LoadedImage(image: Image(geometry: geometry, pixels: samples))
  }

  private static func cutOff(path: String) -> ImageError {
    .corrupt(path: path, format: "BMP", reason: "its pixels are cut off")
  }

  private static func decodeRuns(
    of bytes: [UInt8], _ header: BMPHeader, path: String
  ) throws(ImageError) -> LoadedImage {
    guard let stored = BMPRuns.indices(of: bytes.dropFirst(header.pixelOffset), header) else {
      throw cutOff(path: path)
    }
    let width = header.width
    var indices = stored
    if !header.isTopDown {
      for (row, start) in stride(from: 0, to: stored.count, by: width).reversed().enumerated() {
        indices.replaceSubrange(row * width..<(row + 1) * width, with: stored[start..<start + width])
      }
    }
    return IndexedImage(width: width, height: header.height, indices: indices, palette: header.palette).loaded()
  }

  /// - Returns: [height, width]
  private static func indices(of content: ArraySlice<UInt8>, rows: [Int], _ header: BMPHeader) -> [UInt8] {
    let (bitCount, perByte) = (header.bitCount, 8 / header.bitCount)
    let mask = UInt8(truncatingIfNeeded: 1 << bitCount - 1)
    var indices: [UInt8] = []
    indices.reserveCapacity(header.width * header.height)
    for row in rows {
      for column in 0..<header.width {
        let shift = 8 - bitCount * (column % perByte + 1)
        indices.append(content[row + column / perByte] >> UInt8(shift) & mask)
      }
    }
    return indices
  }

  /// - Returns: [height, width, channel]
  private static func samples(
    of content: ArraySlice<UInt8>, rows: [Int], _ header: BMPHeader, channels: [BMPHeader.Channel]
  ) -> [UInt8] {
    let pixelByteCount = header.bitCount / 8
    var samples: [UInt8] = []
    samples.reserveCapacity(header.width * header.height * channels.count)
    for row in rows {
      for column in 0..<header.width {
        let start = row + column * pixelByteCount
        var pixel = 0
        for index in (0..<pixelByteCount).reversed() { pixel = pixel << 8 | Int(content[start + index]) }
        for channel in channels { samples.append(channel.value(of: pixel)) }
      }
    }
    return samples
  }
}
