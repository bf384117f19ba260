/// Numbers in the bytes of a file that may be cut off anywhere; nil beyond the end.
struct ByteFields {
  enum Order { case littleEndian, bigEndian }

  let bytes: ArraySlice<UInt8>
  let order: Order

  func uint16(at offset: Int) -> Int? { number(at: offset, byteCount: 2) }
  func uint32(at offset: Int) -> Int? { number(at: offset, byteCount: 4) }

  /// - Parameter offset: From the first of `bytes`.
  private func number(at offset: Int, byteCount: Int) -> Int? {
    guard let field = content(at: offset, byteCount: byteCount) else { return nil }
    return switch order {
    case .littleEndian: field.reversed().reduce(0) { $0 << 8 | Int($1) }
    case .bigEndian: field.reduce(0) { $0 << 8 | Int($1) }
    }
  }

  func content(at offset: Int, byteCount: Int) -> ArraySlice<UInt8>? {
    guard offset >= 0, byteCount >= 0, offset <= bytes.count, byteCount <= bytes.count - offset else { return nil }
    return bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + byteCount)]
  }
}
