/// Formats of images that are not read, known by their first bytes.
enum ForeignFormat {
  /// The format of a file with its article, such as "a TIFF file"; nil where the bytes are of none.
  static func name(of bytes: [UInt8]) -> String? {
    if let signature = signatures.first(where: { bytes.starts(with: $0.bytes) }) { return signature.name }
    if bytes.dropFirst(4).starts(with: "ftyp".utf8) {
      // The major brand of an ISO media file (ISO/IEC 14496-12, section 4.3).
      return brands[String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self)]
    }
    if isPNM(bytes) { return "a PNM file" }
    return isSVG(bytes) ? "an SVG file" : nil
  }

  private struct Signature {
    let name: String
    let bytes: [UInt8]

    /// - Parameter prefix: Bytes before the text that are no text.
    init(_ name: String, _ prefix: [UInt8] = [], _ text: String = "") {
      self.name = name
      bytes = prefix + Array(text.utf8)
    }
  }

  private static let signatures: [Signature] = [
    Signature("a TIFF file", [], "II*\0"), Signature("a TIFF file", [], "MM\0*"),
    // With offsets of 64 bits.
    Signature("a TIFF file", [], "II+\0"), Signature("a TIFF file", [], "MM\0+"),
    Signature("an icon file", [0, 0, 1, 0]), Signature("an Apple icon file", [], "icns"),
    // Without a palette, in true colours, plain or run-length encoded; a cursor file has a count after its type.
    Signature("a TGA file", [0, 0, 2, 0, 0, 0]), Signature("a TGA file", [0, 0, 10, 0, 0, 0]),
    Signature("a cursor file", [0, 0, 2, 0]),
    Signature("a PDF file", [], "%PDF-"), Signature("a PostScript file", [], "%!PS"),
    Signature("a Photoshop file", [], "8BPS"), Signature("a GIMP file", [], "gimp xcf "),
    Signature("a JPEG 2000 file", [0, 0, 0, 12], "jP  \r\n"), Signature("a JPEG 2000 file", [0xFF, 0x4F, 0xFF, 0x51]),
    Signature("a JPEG XL file", [0, 0, 0, 12], "JXL \r\n"), Signature("a JPEG XL file", [0xFF, 0x0A]),
    Signature("an MNG file", [0x8A], "MNG\r\n"), Signature("an OpenEXR file", [0x76, 0x2F, 0x31, 0x01]),
    Signature("a Radiance file", [], "#?RADIANCE"), Signature("a DDS file", [], "DDS "),
    Signature("a QOI file", [], "qoif"), Signature("a DjVu file", [], "AT&TFORM"),
    Signature("a Windows metafile", [0xD7, 0xCD, 0xC6, 0x9A]),
  ]

  private static let brands = [
    "avif": "an AVIF file", "avis": "an AVIF file", "heic": "a HEIC file", "heix": "a HEIC file",
    "heim": "a HEIC file", "heis": "a HEIC file", "hevc": "a HEIC file", "hevx": "a HEIC file",
    "mif1": "a HEIF file", "msf1": "a HEIF file",
  ]

  /// P1 to P6, a space or line break, and the width or a comment.
  private static func isPNM(_ bytes: [UInt8]) -> Bool {
    bytes.count > 3 && bytes[0] == UInt8(ascii: "P") && (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1])
      && " \t\r\n".utf8.contains(bytes[2]) && "#0123456789".utf8.contains(bytes[3])
  }

  private static func isSVG(_ bytes: [UInt8]) -> Bool {
    let start = String(decoding: bytes.prefix(1024), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    return start.hasPrefix("<svg")
      || ((start.hasPrefix("<?xml") || start.hasPrefix("<!DOCTYPE svg")) && start.contains("<svg"))
  }
}
