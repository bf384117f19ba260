/// What the headers of a BMP file say (Microsoft, "Bitmap Structures"): where palette and pixels are, and how pixels are
/// stored.
struct BMPHeader {
  /// A channel of pixels that have bits for each channel.
  struct Channel {
    private let shift: Int
    /// All bits set.
    private let highest: Int

    /// - Parameter mask: The channel's bits within a pixel. Nil where they are not one run.
    init?(mask: Int) {
      guard mask > 0 else { return nil }
      shift = mask.trailingZeroBitCount
      highest = mask >> shift
      guard highest & (highest + 1) == 0 else { return nil }
    }

    /// The 8-bit value nearest to that of a pixel.
    func value(of pixel: Int) -> UInt8 { UInt8(((pixel >> shift & highest) * 255 + highest / 2) / highest) }
  }

  let width: Int
  let height: Int
  let isTopDown: Bool
  let bitCount: Int
  /// Whether the pixels are run-length encoded.
  let hasRuns: Bool
  /// Where the pixels have 8 bits or fewer.
  let palette: [IndexedImage.Color]
  /// Red, green and blue where the pixels have 16 bits or more.
  let channels: [Channel]
  let alpha: Channel?
  let pixelOffset: Int

  var rowByteCount: Int { (width * bitCount + 31) / 32 * 4 }

  // In the order of the file. The file's own header comes first, then one of several sizes, which begins with its size.
  private static let pixelOffsetOffset = 10
  private static let headerOffset = 14
  /// The header of OS/2 1.x, whose sizes have 16 bits.
  private static let coreHeaderByteCount = 12
  private static let headerByteCounts = [coreHeaderByteCount, 40, 52, 56, 64, 108, 124]
  private static let (widthOffset, heightOffset, bitCountOffset, compressionOffset) = (18, 22, 28, 30)
  private static let (colorCountOffset, masksOffset) = (46, 54)
  /// From this size on, a header holds a mask for alpha.
  private static let headerWithAlphaByteCount = 56

  /// The methods of compression by number.
  private enum Compression {
    static let none = 0
    static let (runLength8, runLength4) = (1, 2)
    static let bitFields = 3
  }

  /// Whether a file begins like a BMP file. Two letters could be those of a text too.
  static func recognizes(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: "BM".utf8) else { return false }
    let size = ByteFields(bytes: bytes[...], order: .littleEndian).uint32(at: headerOffset)
    return size.map(headerByteCounts.contains) ?? false
  }

  /// - Throws: `ImageError`.
  init(of bytes: [UInt8], path: String, pixelCountMax: Int) throws(ImageError) {
    let fields = ByteFields(bytes: bytes[...], order: .littleEndian)
    let cutOff = ImageError.corrupt(path: path, format: "BMP", reason: "its header is cut off")
    guard let offset = fields.uint32(at: Self.pixelOffsetOffset), let byteCount = fields.uint32(at: Self.headerOffset),
      fields.content(at: Self.headerOffset, byteCount: byteCount) != nil
    else { throw cutOff }
    let isCore = byteCount == Self.coreHeaderByteCount
    let field = isCore ? fields.uint16 : fields.uint32
    guard let width = field(Self.widthOffset), let rawHeight = field(isCore ? 20 : Self.heightOffset),
      let bitCount = fields.uint16(at: isCore ? 24 : Self.bitCountOffset),
      let compression = isCore ? Compression.none : fields.uint32(at: Self.compressionOffset),
      let colorCount = isCore ? 0 : fields.uint32(at: Self.colorCountOffset)
    else { throw cutOff }
    // A height below zero stands for rows from the top.
    let height = isCore ? rawHeight : Int(Int32(truncatingIfNeeded: rawHeight))
    (self.width, self.height, self.isTopDown, self.bitCount) = (width, abs(height), height < 0, bitCount)
    hasRuns = [Compression.runLength8, Compression.runLength4].contains(compression)
    try ImageFile.checkSize(width: width, height: abs(height), path: path, pixelCountMax: pixelCountMax)
    try Self.check(bitCount: bitCount, compression: compression, path: path)

    var end = Self.headerOffset + byteCount
    let hasMasks = compression == Compression.bitFields
    if hasMasks { end = max(end, Self.masksOffset + 12) }
    if bitCount <= 8 {
      let entryByteCount = isCore ? 3 : 4
      let entryCount = colorCount == 0 ? 1 << bitCount : min(colorCount, 256)
      guard let entries = fields.content(at: end, byteCount: entryCount * entryByteCount) else { throw cutOff }
      palette = Self.palette(of: entries, entryByteCount: entryByteCount)
      // Some files leave out the palette where they say how far off the pixels are.
      let isPaletteForgotten = offset == end
      pixelOffset = offset == 0 || isPaletteForgotten ? entries.endIndex : offset
      (channels, alpha) = ([], nil)
    } else {
      palette = []
      pixelOffset = offset == 0 ? end : offset
      let masks = hasMasks ? (0..<3).map { fields.uint32(at: Self.masksOffset + 4 * $0) ?? 0 } : Self.masks(bitCount)
      channels = masks.compactMap(Channel.init)
      guard channels.count == 3 else { throw .unsupported(path: path, kind: "a BMP file with odd bit fields") }
      // Of pixels with 16 bits, Pillow does not take alpha either.
      let hasAlpha = hasMasks && bitCount == 32 && byteCount >= Self.headerWithAlphaByteCount
      alpha = hasAlpha ? fields.uint32(at: Self.masksOffset + 12).flatMap(Channel.init) : nil
    }
  }

  private static func check(bitCount: Int, compression: Int, path: String) throws(ImageError) {
    guard [1, 4, 8, 16, 24, 32].contains(bitCount) else {
      throw .unsupported(path: path, kind: "a BMP file with \(bitCount) bits a pixel")
    }
    switch compression {
    case Compression.none: break
    case Compression.runLength8 where bitCount == 8: break
    case Compression.runLength4 where bitCount == 4: break
    case Compression.bitFields where bitCount >= 16: break
    default: throw .unsupported(path: path, kind: "a BMP file with compression \(compression)")
    }
  }

  private static func palette(of entries: ArraySlice<UInt8>, entryByteCount: Int) -> [IndexedImage.Color] {
    var palette = IndexedImage.grays
    for index in 0..<min(palette.count, entries.count / entryByteCount) {
      let entry = entries.dropFirst(index * entryByteCount)
      let start = entry.startIndex
      palette[index] = .init(red: entry[start + 2], green: entry[start + 1], blue: entry[start])
    }
    return palette
  }

  /// Of pixels without bit fields of their own: 5 bits a channel, or 8.
  private static func masks(_ bitCount: Int) -> [Int] {
    bitCount == 16 ? [0x7C00, 0x03E0, 0x001F] : [0xFF_0000, 0x00_FF00, 0x00_00FF]
  }
}
