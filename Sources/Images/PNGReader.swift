import CPNG
import Files
import Samples

/// Decodes PNG files of every kind as 8-bit gray or RGB, by libpng's simplified interface.
package enum PNGReader {
  /// The start of every PNG file (RFC 2083, section 3.1).
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Gray where the file has no colour, else RGB. Samples are taken as stored, whatever gamma or colour space the file
  /// declares, as by Pillow and OpenCV, with which most training programs read images. Transparent pixels are blended
  /// with white; palettes, 16 bits, fewer than 8 bits and interlacing are converted.
  /// - Parameter path: Where the bytes come from, for messages.
  package static func decode(_ bytes: [UInt8], path: String) throws(ImageError) -> Image {
    guard bytes.starts(with: signature) else { throw .unknownFormat(path: path) }
    let essential = try essentialChunks(of: bytes, path: path)
    let result = essential.withUnsafeBytes { buffer in
      Result { () throws(ImageError) in try decode(buffer, path: path) }
    }
    return try result.get()
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer, path: String) throws(ImageError) -> Image {
    var control = png_image()
    control.version = png_uint_32(PNG_IMAGE_VERSION)
    // SAFETY: libpng reads from `bytes`, which outlives this call, until the control structure is freed.
    defer { png_image_free(&control) }
    guard png_image_begin_read_from_memory(&control, bytes.baseAddress, bytes.count) != 0 else {
      throw .corrupt(path: path, format: "PNG", reason: message(of: control))
    }
    let (width, height) = (Int(control.width), Int(control.height))
    try ImageFile.checkSize(width: width, height: height, path: path)
    let isColor = control.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0
    let hasAlpha = control.format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0
    let is16Bit = control.format & png_uint_32(PNG_FORMAT_FLAG_LINEAR) != 0
    control.format &= png_uint_32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA | PNG_FORMAT_FLAG_LINEAR)
    let geometry = Geometry(width: width, height: height, format: isColor ? .rgb : .gray)
    let sampleCount = geometry.byteCount + (hasAlpha ? width * height : 0)
    if is16Bit {
      // libpng takes 16-bit samples for linear light both in the file and in memory, so it leaves them as they are.
      // Converting to 8 bits, it decodes interlaced files wrongly since the security fix of 1.6.51, which distributions
      // have added to older versions too: https://github.com/pnggroup/libpng/issues/853
      let samples = try samples(of: &control, count: sampleCount, UInt16.self, path: path)
      let pixels = hasAlpha ? overWhite(samples, geometry, mixed: mixed) : samples.map(rounded)
      return Image(geometry: geometry, pixels: pixels)
    }
    let samples = try samples(of: &control, count: sampleCount, UInt8.self, path: path)
    return Image(geometry: geometry, pixels: hasAlpha ? overWhite(samples, geometry, mixed: mixed) : samples)
  }

  private static func samples<Sample: FixedWidthInteger>(
    of control: inout png_image, count: Int, _: Sample.Type, path: String
  ) throws(ImageError) -> [Sample] {
    var samples = [Sample](repeating: 0, count: count)
    guard png_image_finish_read(&control, nil, &samples, 0, nil) != 0 else {
      throw .corrupt(path: path, format: "PNG", reason: message(of: control))
    }
    return samples
  }

  /// The file without its ancillary chunks, except `tRNS`, which makes pixels transparent. libpng's simplified
  /// interface converts samples to sRGB where a chunk such as `gAMA` says that they are something else.
  ///
  /// Only whole chunks before the pixels are left out. From `IDAT` or the first invalid chunk on, all bytes are kept
  /// for libpng to judge.
  /// - Throws: `ImageError.unsupported` for an animation, where libpng would decode the first picture. Its chunk `acTL`
  ///   comes before the pixels, by the APNG specification.
  private static func essentialChunks(of bytes: [UInt8], path: String) throws(ImageError) -> [UInt8] {
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count)
    kept += signature
    var offset = signature.count
    // A chunk has 12 bytes around its content: length and type before, a checksum after.
    while case let contentByteCountMax = bytes.count - offset - 12, contentByteCountMax >= 0 {
      let type = bytes[(offset + 4)..<(offset + 8)]
      let contentByteCount = bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
      let isLetters = type.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 & ~lowercaseBit }
      guard contentByteCount <= contentByteCountMax, isLetters, !type.elementsEqual("IDAT".utf8) else { break }
      guard !type.elementsEqual("acTL".utf8) else { throw .unsupported(path: path, kind: "an animated PNG file") }
      let end = offset + 12 + contentByteCount
      let isAncillary = bytes[offset + 4] & lowercaseBit != 0
      if !isAncillary || type.elementsEqual("tRNS".utf8) { kept += bytes[offset..<end] }
      offset = end
    }
    kept += bytes[offset...]
    return kept
  }

  /// Set in the first letter of an ancillary chunk's type (RFC 2083, section 3.3).
  private static let lowercaseBit: UInt8 = 0x20

  /// - Parameter samples: Colour and alpha interleaved.
  private static func overWhite<Sample>(
    _ samples: [Sample], _ geometry: Geometry, mixed: (_ value: Sample, _ alpha: Sample) -> UInt8
  ) -> [UInt8] {
    let channelCount = geometry.format.rawValue
    var result: [UInt8] = []
    result.reserveCapacity(geometry.byteCount)
    for start in stride(from: 0, to: samples.count, by: channelCount + 1) {
      let alpha = samples[start + channelCount]
      for channel in 0..<channelCount { result.append(mixed(samples[start + channel], alpha)) }
    }
    return result
  }

  private static func mixed(_ value: UInt8, alpha: UInt8) -> UInt8 {
    let sum = Int(value) * Int(alpha) + 255 * (255 - Int(alpha))
    return UInt8((sum + 127) / 255)
  }

  /// - Parameter value: Already multiplied by alpha, as in libpng's linear light.
  private static func mixed(_ value: UInt16, alpha: UInt16) -> UInt8 { rounded(value + (.max - max(alpha, value))) }

  /// The 8-bit sample nearest to one of 16 bits.
  private static func rounded(_ sample: UInt16) -> UInt8 { UInt8((Int(sample) + 128) / 257) }
}

/// libpng's error message.
func message(of control: png_image) -> String {
  withUnsafeBytes(of: control.message) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
