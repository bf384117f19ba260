/// Decodes the run-length encoded pixels of BMP files with 4 or 8 bits a pixel (Microsoft, "Bitmap Compression").
struct BMPRuns {
  private let header: BMPHeader
  private let bytes: ArraySlice<UInt8>
  private var offset: Int
  /// [height, width], in the order of the file, as far as it has come: a small file takes little memory. 0 where the
  /// file says nothing of a pixel.
  private var indices: [UInt8] = []
  private var row = 0
  private var column = 0

  /// The palette index of each pixel, in the order of the file: [height, width]. Nil where the file ends too soon, be it
  /// at a mark of its end; Pillow refuses that too.
  static func indices(of bytes: ArraySlice<UInt8>, _ header: BMPHeader) -> [UInt8]? {
    var runs = BMPRuns(of: bytes, header)
    runs.decode()
    return runs.indices.count == header.width * header.height ? runs.indices : nil
  }

  private init(of bytes: ArraySlice<UInt8>, _ header: BMPHeader) {
    self.header = header
    self.bytes = bytes
    offset = bytes.startIndex
  }

  private mutating func decode() {
    while row < header.height, let count = next(), let value = next() {
      if count > 0 {
        // A run of one index, or of two in turn.
        append([value], count: Int(count))
        continue
      }
      switch value {
      case 0: move(toRow: row + 1, column: 0)
      case 1: return
      case 2:
        guard let right = next(), let up = next() else { return }
        move(toRow: row + Int(up), column: column + Int(right))
      default:
        guard appendLiterals(count: Int(value)) else { return }
      }
    }
  }

  private mutating func move(toRow newRow: Int, column newColumn: Int) {
    (row, column) = (min(newRow, header.height), min(newColumn, header.width))
    let count = min(row * header.width + column, header.width * header.height)
    indices += repeatElement(0, count: max(0, count - indices.count))
  }

  /// Pixels that are stored one by one, in bytes that are filled up to an even number.
  private mutating func appendLiterals(count: Int) -> Bool {
    let byteCount = (count * header.bitCount + 7) / 8
    guard byteCount <= bytes.endIndex - offset else { return false }
    append(bytes[offset..<(offset + byteCount)], count: count)
    offset += byteCount + byteCount % 2
    return true
  }

  /// - Parameter packed: Bytes of one index or two each, which begin anew at their end.
  private mutating func append(_ packed: ArraySlice<UInt8>, count: Int) {
    for number in 0..<count {
      let perByte = 8 / header.bitCount
      let byte = packed[packed.startIndex + number / perByte % packed.count]
      let index = header.bitCount == 8 ? byte : number % 2 == 0 ? byte >> 4 : byte & 0x0F
      // What lies beyond the row is of no pixel.
      guard column < header.width else { return }
      indices.append(index)
      column += 1
    }
  }

  private mutating func next() -> UInt8? {
    guard offset < bytes.endIndex else { return nil }
    defer { offset += 1 }
    return bytes[offset]
  }
}
