/// Transposes a plane of bytes.
/// - Parameters:
///   - source: [rows, sourceStride >= columns].
///   - target: [columns, targetStride >= rows]; must not overlap `source`.
package func transposeBytes(
  _ source: UnsafePointer<UInt8>, rows: Int, columns: Int, sourceStride: Int,
  into target: UnsafeMutablePointer<UInt8>, targetStride: Int
) {
  guard rows >= Tiles.rowCount && columns >= Tiles.columnCount else {
    for row in 0..<rows {
      for column in 0..<columns { target[column * targetStride + row] = source[row * sourceStride + column] }
    }
    return
  }
  for column in stride(from: 0, to: columns, by: Tiles.columnCount) {
    for row in stride(from: 0, to: rows, by: Tiles.rowCount) {
      // The last tiles overlap those before them, so that they end at the edge.
      let (row, column) = (min(row, rows - Tiles.rowCount), min(column, columns - Tiles.columnCount))
      var tiles = Tiles(source + row * sourceStride + column, stride: sourceStride)
      tiles.storeTransposed(to: target + column * targetStride + row, stride: targetStride)
    }
  }
}

/// Four tiles of 8 x 8 bytes side by side.
private struct Tiles {
  static let rowCount = 8
  static let columnCount = 32

  /// A lane is a tile's row, its first byte lowest.
  private var rows = InlineArray<8, SIMD4<UInt64>>(repeating: SIMD4())

  @inline(__always)
  init(_ source: UnsafePointer<UInt8>, stride: Int) {
    for row in 0..<Self.rowCount {
      let bytes = UnsafeRawPointer(source + row * stride).loadUnaligned(as: SIMD4<UInt64>.self)
      rows[row] = SIMD4(bytes.x.littleEndian, bytes.y.littleEndian, bytes.z.littleEndian, bytes.w.littleEndian)
    }
  }

  /// Stores the 32 columns, eight bytes each.
  @inline(__always)
  mutating func storeTransposed(to target: UnsafeMutablePointer<UInt8>, stride: Int) {
    // Swaps halves, then quarters, then eighths between rows of each tile (Warren, "Hacker's Delight", section 7-3).
    exchange(distance: 4, lowBytes: 0x0000_0000_FFFF_FFFF)
    exchange(distance: 2, lowBytes: 0x0000_FFFF_0000_FFFF)
    exchange(distance: 1, lowBytes: 0x00FF_00FF_00FF_00FF)
    for column in 0..<8 {
      let lanes = rows[column]
      let target = UnsafeMutableRawPointer(target + column * stride)
      for tile in 0..<4 {
        target.storeBytes(of: lanes[tile].littleEndian, toByteOffset: 8 * tile * stride, as: UInt64.self)
      }
    }
  }

  /// Exchanges the high bytes of each row with the low bytes of the row that is `distance` below.
  @inline(__always)
  private mutating func exchange(distance: Int, lowBytes: UInt64) {
    let shift = UInt64(8 * distance)
    for row in 0..<8 where row & distance == 0 {
      let (upper, lower) = (rows[row], rows[row + distance])
      let difference = ((upper &>> shift) ^ lower) & lowBytes
      rows[row] = upper ^ (difference &<< shift)
      rows[row + distance] = lower ^ difference
    }
  }
}
