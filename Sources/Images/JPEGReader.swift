import CJPEG
import Samples

/// Decodes JPEG files as 8-bit gray or RGB, by libjpeg, with the settings that Pillow uses.
enum JPEGReader: ImageReader {
  /// The start of every JPEG file: the marker SOI and the first byte of the next marker.
  private static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  static func recognizes(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  /// Gray where the file has no colour, else RGB.
  static func decode(_ bytes: [UInt8], path: String, pixelCountMax: Int) throws(ImageError) -> LoadedImage {
    try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
      // SAFETY: libjpeg reads from `buffer`, which outlives the decoder. The decoder lives in this closure alone.
      guard let decoder = glyphline_jpeg_create(buffer.baseAddress, buffer.count) else {
        throw .corrupt(path: path, format: "JPEG", reason: "no memory to decode it")
      }
      defer { glyphline_jpeg_destroy(decoder) }
      return LoadedImage(image: try image(from: decoder, path: path, pixelCountMax: pixelCountMax))
    }
  }

  private static func image(
    from decoder: glyphline_jpeg_t, path: String, pixelCountMax: Int
  ) throws(ImageError) -> Image {
    func failure() -> ImageError {
      .corrupt(path: path, format: "JPEG", reason: String(cString: glyphline_jpeg_message(decoder)))
    }
    guard glyphline_jpeg_read_header(decoder) else { throw failure() }
    let (width, height) = (Int(glyphline_jpeg_width(decoder)), Int(glyphline_jpeg_height(decoder)))
    try ImageFile.checkSize(width: width, height: height, path: path, pixelCountMax: pixelCountMax)
    let channelCount = Int(glyphline_jpeg_channel_count(decoder))
    guard [1, 3, 4].contains(channelCount) else {
      throw .unsupported(path: path, kind: "a JPEG file with \(channelCount) channels")
    }
    let byteCount = width * height * channelCount
    let samples = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      // SAFETY: libjpeg fills all `byteCount` bytes where it succeeds; otherwise none is taken.
      count = glyphline_jpeg_read_pixels(decoder, buffer.baseAddress) ? byteCount : 0
    }
    guard samples.count == byteCount else { throw failure() }
    let geometry = Geometry(width: width, height: height, format: channelCount == 1 ? .gray : .rgb)
    return Image(geometry: geometry, pixels: channelCount == 4 ? rgb(ofCMYK: samples) : samples)
  }

  /// Pillow's conversion (Pillow 13, `cmyk2rgb` in `Convert.c`). Like Pillow, it takes every file to store its inks the
  /// way Adobe's programs do, as 255 less the ink.
  /// - Parameter samples: [height, width, 4]
  private static func rgb(ofCMYK samples: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(samples.count / 4 * 3)
    for start in stride(from: 0, to: samples.count, by: 4) {
      let light = Int(samples[start + 3])
      for channel in 0..<3 {
        // The product over 255, rounded, by Pillow's `MULDIV255`.
        let product = (255 - Int(samples[start + channel])) * light + 128
        result.append(UInt8(max(0, light - (product >> 8 + product) >> 8)))
      }
    }
    return result
  }

  // MARK: EXIF

  private static let applicationSegment1: UInt8 = 0xE1
  private static let startOfScan: UInt8 = 0xDA
  private static let endOfImage: UInt8 = 0xD9

  /// The first segment APP1 before the pixels that has EXIF's identifier (EXIF 2.32, section 4.7.2).
  static func exif(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let identifier = Array("Exif\0\0".utf8)
    let fields = ByteFields(bytes: bytes[...], order: .bigEndian)
    var offset = 2
    // Bytes between segments belong to nothing.
    while let start = bytes[offset...].firstIndex(of: 0xFF),
      let code = bytes[start...].firstIndex(where: { $0 != 0xFF }),
      bytes[code] != startOfScan, bytes[code] != endOfImage
    {
      offset = code + 1
      // A stuffed byte, TEM, RST0 to RST7 and SOI have no segment (ITU-T T.81, table B.1).
      guard bytes[code] > 0x01, !(0xD0...0xD8).contains(bytes[code]) else { continue }
      guard let byteCount = fields.uint16(at: offset), byteCount >= 2,
        let segment = fields.content(at: offset, byteCount: byteCount)
      else { return nil }
      let content = segment.dropFirst(2)
      if bytes[code] == applicationSegment1 && content.starts(with: identifier) {
        return content.dropFirst(identifier.count)
      }
      offset = segment.endIndex
    }
    return nil
  }
}
