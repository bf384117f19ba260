import Samples

/// How a picture is stored, from the EXIF tag Orientation (EXIF 2.32, section 4.6.4): where the rows and columns of the
/// file belong in the upright picture.
enum Orientation: Int {
  case upright = 1
  case mirrored = 2
  case upsideDown = 3
  case mirroredUpsideDown = 4
  /// Rows and columns exchanged.
  case transposed = 5
  /// Upright after a quarter turn to the right.
  case turnedLeft = 6
  /// Rows and columns exchanged, and upside down.
  case transposedUpsideDown = 7
  /// Upright after a quarter turn to the left.
  case turnedRight = 8

  private static let tag = 0x0112
  /// TIFF types of unsigned numbers (TIFF 6.0, section 2).
  private static let (short, long) = (3, 4)

  /// - Parameter exif: A TIFF header and its first directory, which may be damaged. Nil where no orientation is in it.
  init?(exif: ArraySlice<UInt8>) {
    // Some programs store the identifier of JPEG files in other files too.
    let identifier = Array("Exif\0\0".utf8)
    let block = exif.starts(with: identifier) ? exif.dropFirst(identifier.count) : exif
    let order: ByteFields.Order
    if block.starts(with: "II*\0".utf8) {
      order = .littleEndian
    } else if block.starts(with: "MM\0*".utf8) {
      order = .bigEndian
    } else {
      return nil
    }
    let fields = ByteFields(bytes: block, order: order)
    guard let directory = fields.uint32(at: 4), let count = fields.uint16(at: directory) else { return nil }
    // An entry has 12 bytes: tag, type, count, value.
    let entries = (0..<count).lazy.map { directory + 2 + 12 * $0 }
    guard let entry = entries.first(where: { fields.uint16(at: $0) == Self.tag }) else { return nil }
    let value: Int? =
      switch fields.uint16(at: entry + 2) {
      case Self.short: fields.uint16(at: entry + 8)
      case Self.long: fields.uint32(at: entry + 8)
      default: nil
      }
    guard let value, let orientation = Orientation(rawValue: value) else { return nil }
    self = orientation
  }

  /// Whether width and height are exchanged.
  fileprivate var isSideways: Bool { rawValue >= 5 }
}

extension Image {
  /// The upright picture of one that is stored in this orientation: Pillow's `ImageOps.exif_transpose`.
  func turned(from orientation: Orientation) -> Image {
    let (width, height, channelCount) = (geometry.width, geometry.height, geometry.format.rawValue)
    let target =
      orientation.isSideways
      ? Geometry(width: height, height: width, format: geometry.format) : geometry
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count)
    for row in 0..<target.height {
      for column in 0..<target.width {
        let (x, y) =
          switch orientation {
          case .upright: (column, row)
          case .mirrored: (width - 1 - column, row)
          case .upsideDown: (width - 1 - column, height - 1 - row)
          case .mirroredUpsideDown: (column, height - 1 - row)
          case .transposed: (row, column)
          case .turnedLeft: (row, height - 1 - column)
          case .transposedUpsideDown: (width - 1 - row, height - 1 - column)
          case .turnedRight: (width - 1 - row, column)
          }
        let start = (y * width + x) * channelCount
        for channel in 0..<channelCount { result.append(pixels[start + channel]) }
      }
    }
    return Image(geometry: target, pixels: result)
  }
}
