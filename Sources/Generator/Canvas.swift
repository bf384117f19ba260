import Samples

/// The image that is drawn on, as columns of planes: [width, 3, rowStride]. A column of all three channels lies together,
/// so that the resize across, which weighs whole columns, and the filters run over long lines of bytes.
struct Canvas: ~Copyable {
  private var first = Scratch<UInt8>(zero: 0)
  private var second = Scratch<UInt8>(zero: 0)
  private var sums = Scratch<UInt16>(zero: 0)
  private(set) var width = 1
  private(set) var height = 1
  /// Bytes of one plane of a column; a multiple of 16.
  private(set) var rowStride = 16
  private var pixels: UnsafeMutablePointer<UInt8>
  private var isInFirst = true

  /// Bytes after the last column that blending eight rows at a time may read and write back.
  private static let slack = 16

  init() { pixels = first.reserve(48 + Self.slack) }

  private var columnStride: Int { 3 * rowStride }

  /// Starts an image of one colour.
  mutating func clear(width: Int, height: Int, to color: SIMD3<UInt8>) {
    self.width = width
    self.height = height
    rowStride = (height + 15) & ~15
    pixels = first.reserve(width * columnStride + Self.slack)
    isInFirst = true
    for x in 0..<width {
      for channel in 0..<3 {
        (pixels + x * columnStride + channel * rowStride).update(repeating: color[channel], count: rowStride)
      }
    }
  }

  /// The red plane of a column; green and blue follow at `rowStride`.
  func column(_ x: Int) -> UnsafeMutablePointer<UInt8> { pixels + x * columnStride }

  /// Paints one pixel; outside, nothing.
  @inline(__always)
  func paint(x: Int, y: Int, _ color: SIMD4<UInt8>) {
    guard x >= 0 && x < width && y >= 0 && y < height else { return }
    let pixel = column(x) + y
    pixel[0] = color.x
    pixel[rowStride] = color.y
    pixel[2 * rowStride] = color.z
  }

  /// Bicubic resize to another width: Pillow's `Image.resize((width, height))` of an RGB image.
  mutating func resize(width newWidth: Int, _ tables: inout BicubicTables) {
    let table = tables.table(from: width, to: newWidth)
    let target = takeOther(width: newWidth)
    let stride = columnStride
    let source = pixels
    // SAFETY: the table's windows lie inside the image's columns, each of `columnStride` bytes, a multiple of 16.
    table.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for x in 0..<newWidth {
        let window = UnsafeRawPointer(source + table.first[x] * stride)
        let column = UnsafeMutableRawPointer(target + x * stride)
        for offset in Swift.stride(from: 0, to: stride, by: 16) {
          let bytes = weightedSum(
            window + offset, stride: stride, weights: weights + x * table.tapCount, count: table.tapCount)
          column.storeBytes(of: bytes, toByteOffset: offset, as: SIMD16<UInt8>.self)
        }
      }
    }
    width = newWidth
    pixels = target
  }

  /// Pillow's filter SMOOTH: each pixel five times, its eight neighbours once, over 13; the edge stays as it is.
  mutating func smooth() {
    guard width > 2 && height > 2 else { return }
    let target = takeOther(width: width)
    let stride = columnStride
    let sums = sums.reserve(stride + 2)
    target.update(from: pixels, count: stride)
    (target + (width - 1) * stride).update(from: pixels + (width - 1) * stride, count: stride)
    for x in 1..<width - 1 {
      let output = target + x * stride
      smoothColumn(pixels + x * stride, stride: stride, sums: sums, into: output)
      for plane in 0..<3 {
        let top = plane * rowStride
        let bottom = top + height - 1
        output[top] = pixels[x * stride + top]
        output[bottom] = pixels[x * stride + bottom]
      }
    }
    pixels = target
  }

  /// The image in rows.
  func image(format: PixelFormat) -> Image {
    let geometry = Geometry(width: width, height: height, format: format)
    let bytes = [UInt8](unsafeUninitializedCapacity: geometry.byteCount) { buffer, count in
      guard let target = buffer.baseAddress else { return }
      switch format {
      case .gray: writeGray(to: target)
      case .rgb: writeRGB(to: target)
      }
      count = geometry.byteCount
    }
    return Image(geometry: geometry, pixels: bytes)
  }

  private func writeRGB(to target: UnsafeMutablePointer<UInt8>) {
    for x in 0..<width {
      let column = column(x)
      for y in 0..<height {
        let pixel = target + 3 * (y * width + x)
        pixel[0] = column[y]
        pixel[1] = column[y + rowStride]
        pixel[2] = column[y + 2 * rowStride]
      }
    }
  }

  private func writeGray(to target: UnsafeMutablePointer<UInt8>) {
    for x in 0..<width {
      let column = column(x)
      for y in stride(from: 0, to: height, by: 16) {
        let gray = luma(column + y, plane: rowStride)
        for lane in 0..<min(16, height - y) { target[(y + lane) * width + x] = gray[lane] }
      }
    }
  }

  /// The buffer that the image does not lie in, with room for one of `width` columns.
  private mutating func takeOther(width: Int) -> UnsafeMutablePointer<UInt8> {
    isInFirst.toggle()
    let count = width * columnStride + Self.slack
    return isInFirst ? first.reserve(count) : second.reserve(count)
  }
}

/// One column of SMOOTH, but for each plane's first and last row, which the caller sets. In 16 bits: 13 · 255 fits, and
/// (n · 5042) >> 16 is n / 13 for every such n. Pillow computes in floats, whose error is far below the distance of n / 13
/// from a tie.
/// - Parameters:
///   - stride: Bytes of a column; a multiple of 16.
///   - sums: Room for `stride` + 2 sums of three neighbours across.
private func smoothColumn(
  _ column: UnsafePointer<UInt8>, stride: Int, sums: UnsafeMutablePointer<UInt16>,
  into output: UnsafeMutablePointer<UInt8>
) {
  let center = UnsafeRawPointer(column)
  let sums = UnsafeMutableRawPointer(sums)
  for y in Swift.stride(from: 0, to: stride, by: 16) {
    let sum = widened(center + y - stride) &+ widened(center + y) &+ widened(center + y + stride)
    sums.storeBytes(of: sum, toByteOffset: 2 * y + 2, as: SIMD16<UInt16>.self)
  }
  for y in Swift.stride(from: 0, to: stride, by: 16) {
    let above = sums.loadUnaligned(fromByteOffset: 2 * y, as: SIMD16<UInt16>.self)
    let beside = sums.loadUnaligned(fromByteOffset: 2 * y + 2, as: SIMD16<UInt16>.self)
    let below = sums.loadUnaligned(fromByteOffset: 2 * y + 4, as: SIMD16<UInt16>.self)
    let sum = above &+ beside &+ below &+ 4 &* widened(center + y) &+ 6
    let quotient = (SIMD16<UInt32>(truncatingIfNeeded: sum) &* 5042) &>> 16
    UnsafeMutableRawPointer(output).storeBytes(
      of: SIMD16<UInt8>(truncatingIfNeeded: quotient), toByteOffset: y, as: SIMD16<UInt8>.self)
  }
}

@inline(__always)
private func widened(_ bytes: UnsafeRawPointer) -> SIMD16<UInt16> {
  SIMD16<UInt16>(truncatingIfNeeded: bytes.loadUnaligned(as: SIMD16<UInt8>.self))
}

/// Pillow's conversion to mode L of 16 pixels.
@inline(__always)
private func luma(_ column: UnsafeRawPointer, plane: Int) -> SIMD16<UInt8> {
  func channel(_ index: Int) -> SIMD16<UInt32> {
    SIMD16<UInt32>(truncatingIfNeeded: (column + index * plane).loadUnaligned(as: SIMD16<UInt8>.self))
  }
  let sum = 19595 &* channel(0) &+ 38470 &* channel(1) &+ 7471 &* channel(2) &+ 0x8000
  return SIMD16<UInt8>(truncatingIfNeeded: sum &>> 16)
}
