import CPNG
import Samples

/// Decodes PNG files of every kind as 8-bit gray or RGB, by libpng's simplified interface.
enum PNGReader: ImageReader {
  /// The start of every PNG file (RFC 2083, section 3.1).
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func recognizes(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  /// Gray where the file has no colour, else RGB. Samples are taken as stored, whatever gamma or colour space the file
  /// declares, as by Pillow and OpenCV. Palettes, 16 bits, fewer than 8 bits and interlacing are converted. Of an
  /// animation, the default image is taken, which is usually the first frame.
  static func decode(_ bytes: [UInt8], path: String, pixelCountMax: Int) throws(ImageError) -> LoadedImage {
    let essential = EssentialChunks(of: bytes, signatureByteCount: signature.count)
    var loaded = try essential.bytes.withUnsafeBytes { buffer in
      Result { () throws(ImageError) in try decode(buffer, path: path, pixelCountMax: pixelCountMax) }
    }.get()
    if essential.isAnimated { loaded.remarks.append(.firstFrame) }
    return loaded
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String, pixelCountMax: Int
  ) throws(ImageError) -> LoadedImage {
    var control = png_image()
    control.version = png_uint_32(PNG_IMAGE_VERSION)
    // SAFETY: libpng reads from `bytes`, which outlives this call, until the control structure is freed.
    defer { png_image_free(&control) }
    guard png_image_begin_read_from_memory(&control, bytes.baseAddress, bytes.count) != 0 else {
      throw .corrupt(path: path, format: "PNG", reason: message(of: control))
    }
    let (width, height) = (Int(control.width), Int(control.height))
    try ImageFile.checkSize(width: width, height: height, path: path, pixelCountMax: pixelCountMax)
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
      if hasAlpha { return .onGround(samples, geometry, blended: blended) }
      return LoadedImage(image: Image(geometry: geometry, pixels: samples.map(rounded)))
    }
    let samples = try samples(of: &control, count: sampleCount, UInt8.self, path: path)
    return hasAlpha ? .onGround(samples, geometry) : LoadedImage(image: Image(geometry: geometry, pixels: samples))
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

  /// - Parameter value: Already multiplied by alpha, as in libpng's linear light.
  private static func blended(_ value: UInt16, alpha: UInt16, ground: UInt8) -> UInt8 {
    rounded(ground == 0 ? value : value + (.max - max(alpha, value)))
  }

  /// The 8-bit sample nearest to one of 16 bits.
  private static func rounded(_ sample: UInt16) -> UInt8 { UInt8((Int(sample) + 128) / 257) }

  /// The chunk `eXIf`, which may come before or after the pixels (PNG, third edition, section 11.3.4.5).
  static func exif(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var offset = signature.count
    while let chunk = PNGChunk(at: offset, of: bytes) {
      if chunk.isOfType("eXIf") { return chunk.content }
      offset = chunk.range.upperBound
    }
    return nil
  }
}

/// A PNG file without its ancillary chunks, except `tRNS`, which makes pixels transparent. libpng's simplified interface
/// converts samples to sRGB where a chunk such as `gAMA` says that they are something else.
///
/// Only whole chunks before the pixels are left out. From `IDAT` or the first invalid chunk on, all bytes are kept for
/// libpng to judge.
private struct EssentialChunks {
  private(set) var bytes: [UInt8] = []
  /// Whether the file has more than one frame, by the chunk `acTL` (PNG, third edition, section 11.3.6.1).
  private(set) var isAnimated = false

  init(of file: [UInt8], signatureByteCount: Int) {
    bytes.reserveCapacity(file.count)
    bytes += file[..<signatureByteCount]
    var offset = signatureByteCount
    while let chunk = PNGChunk(at: offset, of: file), !chunk.isOfType("IDAT") {
      if !chunk.isAncillary || chunk.isOfType("tRNS") { bytes += file[chunk.range] }
      if chunk.isOfType("acTL"), let frameCount = ByteFields(bytes: chunk.content, order: .bigEndian).uint32(at: 0) {
        isAnimated = frameCount > 1
      }
      offset = chunk.range.upperBound
    }
    bytes += file[offset...]
  }
}

/// libpng's error message.
func message(of control: png_image) -> String {
  withUnsafeBytes(of: control.message) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
