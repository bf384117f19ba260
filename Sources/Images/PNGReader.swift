import CPNG
import Files
import Samples

/// Decodes PNG files of every kind as 8-bit gray or RGB, by libpng's simplified interface.
package enum PNGReader {
  /// The start of every PNG file (RFC 2083, section 3.1).
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Gray where the file has no colour, else RGB. What is transparent is laid over white; palettes, 16 bits, fewer than 8
  /// bits and interlacing are resolved.
  /// - Parameter path: Where the bytes come from, for messages.
  package static func decode(_ bytes: [UInt8], path: String) throws(ImageError) -> Image {
    guard bytes.starts(with: signature) else { throw .unknownFormat(path: path) }
    guard !isAnimated(bytes) else { throw .unsupported(path: path, kind: "an animated PNG file") }
    let result = bytes.withUnsafeBytes { buffer in Result { () throws(ImageError) in try decode(buffer, path: path) } }
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
    // 16-bit samples are taken as sRGB like the others; by itself, libpng takes them as linear light.
    control.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
    control.format =
      (isColor ? png_uint_32(PNG_FORMAT_FLAG_COLOR) : 0) | (hasAlpha ? png_uint_32(PNG_FORMAT_FLAG_ALPHA) : 0)
    let geometry = Geometry(width: width, height: height, format: isColor ? .rgb : .gray)
    var pixels = [UInt8](repeating: 0, count: geometry.byteCount + (hasAlpha ? width * height : 0))
    guard png_image_finish_read(&control, nil, &pixels, 0, nil) != 0 else {
      throw .corrupt(path: path, format: "PNG", reason: message(of: control))
    }
    return Image(geometry: geometry, pixels: hasAlpha ? overWhite(pixels, geometry) : pixels)
  }

  /// Whether there is a chunk `acTL`, which by the APNG specification stands before the pixels. libpng would skip it and
  /// give the first picture of many.
  private static func isAnimated(_ bytes: [UInt8]) -> Bool {
    var place = signature.count
    while place + 8 <= bytes.count {
      let type = bytes[(place + 4)..<(place + 8)]
      if type.elementsEqual("acTL".utf8) { return true }
      if type.elementsEqual("IDAT".utf8) { return false }
      let byteCount = bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
      // A chunk has its length, its type and a checksum around its content.
      place += 12 + byteCount
    }
    return false
  }

  /// Colour and alpha interleaved, laid over white.
  private static func overWhite(_ pixels: [UInt8], _ geometry: Geometry) -> [UInt8] {
    let channelCount = geometry.format.rawValue
    var result: [UInt8] = []
    result.reserveCapacity(geometry.byteCount)
    for start in stride(from: 0, to: pixels.count, by: channelCount + 1) {
      let alpha = Int(pixels[start + channelCount])
      for channel in 0..<channelCount {
        let mixed = Int(pixels[start + channel]) * alpha + 255 * (255 - alpha)
        result.append(UInt8((mixed + 127) / 255))
      }
    }
    return result
  }
}

/// libpng's words on what went wrong.
func message(of control: png_image) -> String {
  withUnsafeBytes(of: control.message) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
