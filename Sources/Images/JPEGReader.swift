import CJPEG
import Samples

/// Decodes JPEG files as 8-bit gray or RGB, by libjpeg-turbo's TurboJPEG interface, with the settings that Pillow uses.
enum JPEGReader {
  /// The start of every JPEG file: the marker SOI and the first byte of the next marker.
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// Gray where the file has no colour, else RGB.
  static func decode(_ bytes: [UInt8], path: String) throws(ImageError) -> Image {
    guard let decoder = tjInitDecompress() else {
      throw .corrupt(path: path, format: "JPEG", reason: "no memory to decode it")
    }
    // SAFETY: the handle lives in this function alone, and is used by one thread.
    defer { tjDestroy(decoder) }
    func failure() -> ImageError {
      .corrupt(path: path, format: "JPEG", reason: tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown")
    }
    var (width, height, subsampling, colorspace) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let byteCount = UInt(bytes.count)
    guard tjDecompressHeader3(decoder, bytes, byteCount, &width, &height, &subsampling, &colorspace) == 0 else {
      throw failure()
    }
    try ImageFile.checkSize(width: Int(width), height: Int(height), path: path)
    guard colorspace != TJCS_CMYK.rawValue && colorspace != TJCS_YCCK.rawValue else {
      throw .unsupported(path: path, kind: "a JPEG file with CMYK colours")
    }
    let isGray = colorspace == TJCS_GRAY.rawValue
    let geometry = Geometry(width: Int(width), height: Int(height), format: isGray ? .gray : .rgb)
    var image = Image(geometry: geometry)
    // Otherwise a small progressive file could make the library process the whole picture thousands of times.
    let flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS
    let format = isGray ? TJPF_GRAY : TJPF_RGB
    // Even what the library only warns of, such as a truncated file, is an error: it leaves pixels undefined.
    guard tjDecompress2(decoder, bytes, byteCount, &image.pixels, width, 0, height, Int32(format.rawValue), flags) == 0
    else { throw failure() }
    return image
  }
}
