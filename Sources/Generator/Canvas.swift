import Samples

/// The image that is drawn on, in columns: [width, stride], a word a pixel with red lowest. Columns, because the resize
/// goes across and so weighs whole columns, many pixels at once.
struct Canvas: ~Copyable {
  private var first = Scratch<UInt32>(zero: 0)
  private var second = Scratch<UInt32>(zero: 0)
  private var sums = Scratch<UInt32>(zero: 0)
  private var grays = Scratch<UInt8>(zero: 0)
  private(set) var width = 1
  private(set) var height = 1
  /// Pixels from one column to the next; a multiple of 8.
  private var stride = 8
  private var pixels: UnsafeMutablePointer<UInt32>
  private var isInFirst = true

  /// Pixels after the last column that blending eight rows at a time may read and write back.
  private static let slack = 8

  init() { pixels = first.reserve(8 + Self.slack) }

  /// Starts an image of one colour.
  mutating func clear(width: Int, height: Int, to color: SIMD3<UInt8>) {
    self.width = width
    self.height = height
    stride = (height + 7) & ~7
    isInFirst = false
    pixels = takeOther(width: width)
    pixels.update(repeating: packed(SIMD4(UInt32(color.x), UInt32(color.y), UInt32(color.z), 0)), count: width * stride)
  }

  /// The pixels of a column, from the top.
  @inline(__always)
  func column(_ x: Int) -> UnsafeMutablePointer<UInt32> { pixels + x * stride }

  /// Paints one pixel; outside, nothing.
  @inline(__always)
  func paint(x: Int, y: Int, _ color: UInt32) {
    guard x >= 0 && x < width && y >= 0 && y < height else { return }
    column(x)[y] = color
  }

  /// Bicubic resize to another width: Pillow's `Image.resize((width, height))` of an RGB image.
  mutating func resize(width newWidth: Int, _ tables: inout BicubicTables) {
    let table = tables.table(from: width, to: newWidth)
    let target = takeOther(width: newWidth)
    // SAFETY: the table's windows lie inside the image's columns, each of `stride` pixels, a multiple of 8.
    table.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for x in 0..<newWidth {
        let source = pixels + table.first[x] * stride
        for y in Swift.stride(from: 0, to: stride, by: 8) {
          let sum = weightedSum(
            source + y, stride: stride, weights: weights + x * table.tapCount, count: table.tapCount, hasAlpha: false)
          storePixels(sum, to: target + x * stride + y)
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
    // SAFETY: columns 1 ..< width - 1 have one on either side, and each holds `stride` pixels, a multiple of 8.
    let sums = sums.reserve(2 * stride + 16)
    target.update(from: pixels, count: stride)
    (target + (width - 1) * stride).update(from: column(width - 1), count: stride)
    for x in 1..<width - 1 {
      let output = target + x * stride
      smoothColumn(column(x), stride: stride, redBlue: sums, green: sums + stride + 8, into: output)
      output[0] = column(x)[0]
      output[height - 1] = column(x)[height - 1]
    }
    pixels = target
  }

  /// The image in rows.
  mutating func image(format: PixelFormat) -> Image {
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
        pixel[0] = UInt8(truncatingIfNeeded: column[y])
        pixel[1] = UInt8(truncatingIfNeeded: column[y] &>> 8)
        pixel[2] = UInt8(truncatingIfNeeded: column[y] &>> 16)
      }
    }
  }

  private mutating func writeGray(to target: UnsafeMutablePointer<UInt8>) {
    let gray = grays.reserve(width * stride)
    for place in Swift.stride(from: 0, to: width * stride, by: 8) {
      let bytes = SIMD8<UInt8>(truncatingIfNeeded: luma(pixels + place))
      UnsafeMutableRawPointer(gray + place).storeBytes(of: bytes, as: SIMD8<UInt8>.self)
    }
    transposeBytes(gray, rows: width, columns: height, sourceStride: stride, into: target, targetStride: width)
  }

  /// The buffer that the image does not lie in, with room for one of `width` columns.
  private mutating func takeOther(width: Int) -> UnsafeMutablePointer<UInt32> {
    isInFirst.toggle()
    let count = width * stride + Self.slack
    return isInFirst ? first.reserve(count) : second.reserve(count)
  }
}

/// Pillow's conversion to mode L of eight pixels.
@inline(__always)
private func luma(_ column: UnsafePointer<UInt32>) -> SIMD8<UInt32> {
  let pixels = loadPixels(column)
  let (red, green, blue) = (pixels & 255, (pixels &>> 8) & 255, (pixels &>> 16) & 255)
  return (19595 &* red &+ 38470 &* green &+ 7471 &* blue &+ 0x8000) &>> 16
}

/// One column of SMOOTH, but for its first and last row, which the caller sets. Pillow computes in floats, whose error is
/// far below the distance of n / 13 from a tie.
/// - Parameters:
///   - stride: Pixels of a column; a multiple of 8.
///   - redBlue: Room for `stride` + 8 sums of three neighbours across, red in the low half of a word, blue in the high one.
///   - green: The same for green.
@inline(__always)
private func smoothColumn(
  _ column: UnsafePointer<UInt32>, stride: Int, redBlue: UnsafeMutablePointer<UInt32>,
  green: UnsafeMutablePointer<UInt32>, into output: UnsafeMutablePointer<UInt32>
) {
  for y in Swift.stride(from: 0, to: stride, by: 8) {
    let (left, middle, right) = (
      loadPixels(column + y - stride), loadPixels(column + y), loadPixels(column + y + stride)
    )
    storePixels((left & 0xFF00FF) &+ (middle & 0xFF00FF) &+ (right & 0xFF00FF), to: redBlue + y + 1)
    storePixels(((left &>> 8) & 255) &+ ((middle &>> 8) & 255) &+ ((right &>> 8) & 255), to: green + y + 1)
  }
  for y in Swift.stride(from: 0, to: stride, by: 8) {
    let pixels = loadPixels(column + y)
    let pairs =
      loadPixels(redBlue + y) &+ loadPixels(redBlue + y + 1) &+ loadPixels(redBlue + y + 2)
      &+ ((pixels & 0xFF00FF) &<< 2)
    let greens =
      loadPixels(green + y) &+ loadPixels(green + y + 1) &+ loadPixels(green + y + 2)
      &+ (((pixels &>> 8) & 255) &<< 2)
    let smoothed =
      dividedBy13(pairs & 0xFFFF) | (dividedBy13(greens) &<< 8) | (dividedBy13(pairs &>> 16) &<< 16)
    storePixels(smoothed, to: output + y)
  }
}

/// sum / 13, rounded, for 0 ... 13 · 255.
@inline(__always)
private func dividedBy13(_ sum: SIMD8<UInt32>) -> SIMD8<UInt32> { ((sum &+ 6) &* 5042) &>> 16 }
