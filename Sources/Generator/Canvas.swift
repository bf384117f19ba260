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

  /// Pixels before the first column and after the last that vectors may read, and blending may write back.
  private static let slack = PixelVector.scalarCount

  init() { pixels = first.reserve(PixelVector.scalarCount + 2 * Self.slack) + Self.slack }

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

  /// Pillow's filter SMOOTH: each pixel five times, its eight neighbours once, over 13; the edge stays as it is. Pillow
  /// computes in floats, whose error is far below the distance of n / 13 from a tie.
  mutating func smooth() {
    guard width > 2 && height > 2 else { return }
    let target = takeOther(width: width)
    let memory = sums.reserve(6 * stride)
    var (left, middle, right) = (
      ColumnSums(memory, stride), ColumnSums(memory + 2 * stride, stride), ColumnSums(memory + 4 * stride, stride)
    )
    // SAFETY: columns 1 ..< width - 1 have one on either side, each holds `stride` pixels, whole vectors, and there is a
    // pixel before the first and after the last.
    target.update(from: pixels, count: stride)
    (target + (width - 1) * stride).update(from: column(width - 1), count: stride)
    middle.add(column(0))
    right.add(column(1))
    for x in 1..<width - 1 {
      (left, middle, right) = (middle, right, left)
      right.add(column(x + 1))
      let output = target + x * stride
      smoothColumn(column(x), left, middle, right, into: output)
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
    let count = width * stride + 2 * Self.slack
    return (isInFirst ? first.reserve(count) : second.reserve(count)) + Self.slack
  }
}

/// Pillow's conversion to mode L.
@inline(__always)
private func luma(_ column: UnsafePointer<UInt32>) -> PixelVector {
  let pixels = loadPixels(column)
  let (red, green, blue) = (pixels & 255, (pixels &>> 8) & 255, (pixels &>> 16) & 255)
  return (19595 &* red &+ 38470 &* green &+ 7471 &* blue &+ 0x8000) &>> 16
}

/// For each pixel of a column, the sum of it and those above and below.
private struct ColumnSums {
  /// Red in the low half of a word, blue in the high one.
  let redBlue: UnsafeMutablePointer<UInt32>
  let green: UnsafeMutablePointer<UInt32>
  let stride: Int

  /// - Parameter memory: Room for 2 x `stride` words.
  init(_ memory: UnsafeMutablePointer<UInt32>, _ stride: Int) {
    redBlue = memory
    green = memory + stride
    self.stride = stride
  }

  @inline(__always)
  func add(_ column: UnsafePointer<UInt32>) {
    for y in Swift.stride(from: 0, to: stride, by: PixelVector.scalarCount) {
      let (above, middle, below) = (
        loadPixels(column + y - 1), loadPixels(column + y), loadPixels(column + y + 1)
      )
      storePixels((above & 0xFF00FF) &+ (middle & 0xFF00FF) &+ (below & 0xFF00FF), to: redBlue + y)
      storePixels(((above &>> 8) & 255) &+ ((middle &>> 8) & 255) &+ ((below &>> 8) & 255), to: green + y)
    }
  }
}

/// One column of SMOOTH, but for its first and last row, which the caller sets.
@inline(__always)
private func smoothColumn(
  _ column: UnsafePointer<UInt32>, _ left: ColumnSums, _ middle: ColumnSums, _ right: ColumnSums,
  into output: UnsafeMutablePointer<UInt32>
) {
  for y in Swift.stride(from: 0, to: middle.stride, by: PixelVector.scalarCount) {
    let pixels = loadPixels(column + y)
    let pairs =
      loadPixels(left.redBlue + y) &+ loadPixels(middle.redBlue + y) &+ loadPixels(right.redBlue + y)
      &+ ((pixels & 0xFF00FF) &<< 2)
    let greens =
      loadPixels(left.green + y) &+ loadPixels(middle.green + y) &+ loadPixels(right.green + y)
      &+ (((pixels &>> 8) & 255) &<< 2)
    let smoothed =
      dividedBy13(pairs & 0xFFFF) | (dividedBy13(greens) &<< 8) | (dividedBy13(pairs &>> 16) &<< 16)
    storePixels(smoothed, to: output + y)
  }
}

/// sum / 13, rounded, for 0 ... 13 · 255.
@inline(__always)
private func dividedBy13(_ sum: PixelVector) -> PixelVector { ((sum &+ 6) &* 5042) &>> 16 }
