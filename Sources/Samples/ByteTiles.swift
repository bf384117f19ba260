/// Four tiles of 8 x 8 bytes side by side, for turning planes of bytes from rows into columns.
package struct ByteTiles {
  package static let rowCount = 8
  package static let columnCount = 32

  /// [8, 4]: a lane is a tile's row, its first byte lowest.
  @usableFromInline var rows = InlineArray<8, SIMD4<UInt64>>(repeating: SIMD4())

  @inlinable package init() {}

  /// Sets row `row` to 32 bytes.
  @inlinable @inline(__always)
  package mutating func set(_ row: Int, to bytes: SIMD32<UInt8>) {
    rows[row] = unsafeBitCast(bytes, to: SIMD4<UInt64>.self)
  }

  /// Stores the 32 columns, eight bytes each.
  /// - Parameter stride: Bytes from one stored column to the next.
  @inlinable @inline(__always)
  package mutating func storeColumns(to target: UnsafeMutablePointer<UInt8>, stride: Int) {
    transpose()
    for column in 0..<8 {
      let target = UnsafeMutableRawPointer(target + column * stride)
      for tile in 0..<4 {
        target.storeBytes(of: rows[column][tile].littleEndian, toByteOffset: 8 * tile * stride, as: UInt64.self)
      }
    }
  }

  /// Calls `body` with the first row and column of places for tiles that together cover a plane; the last ones lie back over
  /// those before.
  /// - Precondition: `rows` is at least `rowCount`, `columns` at least `columnCount`.
  @inlinable @inline(__always)
  package static func cover(rows: Int, columns: Int, _ body: (_ row: Int, _ column: Int) -> Void) {
    for column in stride(from: 0, to: columns, by: columnCount) {
      for row in stride(from: 0, to: rows, by: rowCount) {
        body(min(row, rows - rowCount), min(column, columns - columnCount))
      }
    }
  }

  /// Transposes each tile: halves, quarters and eighths of its rows change places (Warren, "Hacker's Delight", section
  /// 7-3).
  @inlinable @inline(__always)
  mutating func transpose() {
    exchange(distance: 4, lowBytes: 0x0000_0000_FFFF_FFFF)
    exchange(distance: 2, lowBytes: 0x0000_FFFF_0000_FFFF)
    exchange(distance: 1, lowBytes: 0x00FF_00FF_00FF_00FF)
  }

  /// Exchanges the high bytes of each row with the low bytes of the row that is `distance` below.
  @inlinable @inline(__always)
  mutating func exchange(distance: Int, lowBytes: UInt64) {
    let shift = UInt64(8 * distance)
    for row in 0..<8 where row & distance == 0 {
      let (upper, lower) = (rows[row], rows[row + distance])
      let difference = ((upper &>> shift) ^ lower) & lowBytes
      rows[row] = upper ^ (difference &<< shift)
      rows[row + distance] = lower ^ difference
    }
  }
}

/// Turns a plane of bytes from rows into columns.
/// - Parameters:
///   - source: [rows, sourceStride >= columns].
///   - target: [columns, targetStride >= rows]; apart from `source`.
package func transposeBytes(
  _ source: UnsafePointer<UInt8>, rows: Int, columns: Int, sourceStride: Int,
  into target: UnsafeMutablePointer<UInt8>, targetStride: Int
) {
  guard rows >= ByteTiles.rowCount && columns >= ByteTiles.columnCount else {
    for row in 0..<rows {
      for column in 0..<columns { target[column * targetStride + row] = source[row * sourceStride + column] }
    }
    return
  }
  ByteTiles.cover(rows: rows, columns: columns) { row, column in
    var tiles = ByteTiles()
    for place in 0..<ByteTiles.rowCount {
      let bytes = UnsafeRawPointer(source + (row + place) * sourceStride + column)
      tiles.set(place, to: bytes.loadUnaligned(as: SIMD32<UInt8>.self))
    }
    tiles.storeColumns(to: target + column * targetStride + row, stride: targetStride)
  }
}
