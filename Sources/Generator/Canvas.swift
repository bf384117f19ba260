import Samples

/// The image that is drawn on, in columns: [width, stride], a word a pixel with red lowest. Columns, because the resize
/// goes across and so weighs whole columns, many pixels at once.
struct Canvas: ~Copyable {
  private var first = Scratch<UInt32>(zero: 0)
  private var second = Scratch<UInt32>(zero: 0)
  private var sums = Scratch<UInt32>(zero: 0)
  private(set) var width = 1
  private(set) var height = 1
  /// Pixels from one column to the next; whole vectors.
  private var stride = PixelVector.scalarCount
  private var pixels: UnsafeMutablePointer<UInt32>
  private var isInFirst = true

  /// Pixels after the last column that blending a vector at a time may read and write back.
  private static let slack = PixelVector.scalarCount

  init() { pixels = first.reserve(PixelVector.scalarCount + Self.slack) }

  /// Starts an image of one colour.
  mutating func clear(width: Int, height: Int, to color: SIMD3<UInt8>) {
    self.width = width
    self.height = height
    stride = PixelVector.roundUp(height)
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
    // SAFETY: the table's windows lie inside the image's columns, each of `stride` pixels, whole vectors.
    table.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for x in 0..<newWidth {
        let source = pixels + table.first[x] * stride
        for y in Swift.stride(from: 0, to: stride, by: PixelVector.scalarCount) {
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
    // SAFETY: columns 1 ..< width - 1 have one on either side, and each holds `stride` pixels, whole vectors.
    let sums = sums.reserve(2 * (stride + PixelVector.scalarCount))
    target.update(from: pixels, count: stride)
    (target + (width - 1) * stride).update(from: column(width - 1), count: stride)
    for x in 1..<width - 1 {
      let output = target + x * stride
      smoothColumn(
        column(x), stride: stride, redBlue: sums, green: sums + stride + PixelVector.scalarCount, into: output)
      output[0] = column(x)[0]
      output[height - 1] = column(x)[height - 1]
    }
    pixels = target
  }

  func columns(format: PixelFormat) -> ImageColumns {
    let geometry = Geometry(width: width, height: height, format: format)
    // Vectors write a little more than their column, which the next one overwrites.
    let capacity = geometry.byteCount + PixelVector.scalarCount
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      guard let target = buffer.baseAddress else { return }
      switch format {
      case .gray: writeGray(to: target)
      case .rgb: writeRGB(to: target)
      }
      count = geometry.byteCount
    }
    return ImageColumns(geometry: geometry, pixels: bytes)
  }

  private func writeGray(to target: UnsafeMutablePointer<UInt8>) {
    for x in 0..<width {
      let (column, target) = (column(x), UnsafeMutableRawPointer(target + x * height))
      for y in Swift.stride(from: 0, to: height, by: PixelVector.scalarCount) {
        let bytes = SIMD16<UInt8>(truncatingIfNeeded: luma(column + y))
        (target + y).storeBytes(of: bytes, as: SIMD16<UInt8>.self)
      }
    }
  }

  private func writeRGB(to target: UnsafeMutablePointer<UInt8>) {
    var target = UnsafeMutableRawPointer(target)
    for x in 0..<width {
      let column = column(x)
      for y in 0..<height {
        target.storeBytes(of: column[y].littleEndian, as: UInt32.self)
        target += 3
      }
    }
  }

  /// The buffer that the image does not lie in, with room for one of `width` columns.
  private mutating func takeOther(width: Int) -> UnsafeMutablePointer<UInt32> {
    isInFirst.toggle()
    let count = width * stride + Self.slack
    return isInFirst ? first.reserve(count) : second.reserve(count)
  }
}

/// Pillow's conversion to mode L.
@inline(__always)
private func luma(_ column: UnsafePointer<UInt32>) -> PixelVector {
  let pixels = loadPixels(column)
  let (red, green, blue) = (pixels & 255, (pixels &>> 8) & 255, (pixels &>> 16) & 255)
  return (19595 &* red &+ 38470 &* green &+ 7471 &* blue &+ 0x8000) &>> 16
}

/// One column of SMOOTH, but for its first and last row, which the caller sets. Pillow computes in floats, whose error is
/// far below the distance of n / 13 from a tie.
/// - Parameters:
///   - stride: Pixels of a column, whole vectors.
///   - redBlue: Room for `stride` + 8 sums of three neighbours across, red in the low half of a word, blue in the high one.
///   - green: The same for green.
@inline(__always)
private func smoothColumn(
  _ column: UnsafePointer<UInt32>, stride: Int, redBlue: UnsafeMutablePointer<UInt32>,
  green: UnsafeMutablePointer<UInt32>, into output: UnsafeMutablePointer<UInt32>
) {
  for y in Swift.stride(from: 0, to: stride, by: PixelVector.scalarCount) {
    let (left, middle, right) = (
      loadPixels(column + y - stride), loadPixels(column + y), loadPixels(column + y + stride)
    )
    storePixels((left & 0xFF00FF) &+ (middle & 0xFF00FF) &+ (right & 0xFF00FF), to: redBlue + y + 1)
    storePixels(((left &>> 8) & 255) &+ ((middle &>> 8) & 255) &+ ((right &>> 8) & 255), to: green + y + 1)
  }
  for y in Swift.stride(from: 0, to: stride, by: PixelVector.scalarCount) {
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
private func dividedBy13(_ sum: PixelVector) -> PixelVector { ((sum &+ 6) &* 5042) &>> 16 }
