import Samples

/// The image being drawn, in columns: [width, stride], a 32-bit word for each pixel, red in the lowest byte. The
/// horizontal resize weighs whole columns, so in columns it computes many pixels at once.
struct Canvas: ~Copyable {
  private var first = Scratch<UInt32>(zero: 0)
  private var second = Scratch<UInt32>(zero: 0)
  private var sums = Scratch<UInt32>(zero: 0)
  private(set) var width = 1
  private(set) var height = 1
  /// Pixels from one column to the next, a multiple of the vector length.
  private var stride = PixelVector.scalarCount
  private var pixels: UnsafeMutablePointer<UInt32>
  private var isInFirst = true

  /// Pixels before the first column and after the last, which vectors may read and blending may write back.
  private static let slack = PixelVector.scalarCount

  init() { pixels = first.reserve(PixelVector.scalarCount + 2 * Self.slack) + Self.slack }

  /// Starts an image of one colour.
  mutating func clear(width: Int, height: Int, to color: SIMD3<UInt8>) {
    self.width = width
    self.height = height
    stride = PixelVector.roundUp(height)
    isInFirst = false
    pixels = takeOther(width: width)
    pixels.update(repeating: packed(color), count: width * stride)
  }

  /// The pixels of a column, from the top.
  @inline(__always)
  func column(_ x: Int) -> UnsafeMutablePointer<UInt32> { pixels + x * stride }

  /// Paints one pixel; does nothing outside the image.
  @inline(__always)
  func paint(x: Int, y: Int, _ color: UInt32) {
    guard x >= 0 && x < width && y >= 0 && y < height else { return }
    column(x)[y] = color
  }

  /// The columns and rows of a picture of `width` x `height` at `origin` that are on the canvas.
  func overlap(width: Int, height: Int, at origin: SIMD2<Int>) -> (columns: Range<Int>, rows: Range<Int>) {
    func overlap(_ extent: Int, _ start: Int, _ end: Int) -> Range<Int> {
      (0..<extent).clamped(to: -start..<max(-start, end - start))
    }
    return (overlap(width, origin.x, self.width), overlap(height, origin.y, self.height))
  }

  /// Bicubic resize to another width: Pillow's `Image.resize((width, height))` of an RGB image.
  mutating func resize(width newWidth: Int, _ tables: inout BicubicTables) {
    let table = tables.table(from: width, to: newWidth)
    let target = takeOther(width: newWidth)
    for x in 0..<newWidth {
      table.weigh(line: x, of: pixels, stride: stride, hasAlpha: false, into: target + x * stride)
    }
    width = newWidth
    pixels = target
  }

  /// The image after Pillow's filter SMOOTH: each pixel times 5 plus its eight neighbours, divided by 13; the edge
  /// stays as it is. Integers give the same results as Pillow's floats, whose error is far below the distance of n / 13
  /// from a tie. The canvas is overwritten.
  mutating func smoothedColumns(format: PixelFormat) -> ImageColumns {
    guard width > 2 && height > 2 else { return columns(format: format) }
    let sums = sums.reserve(6 * stride)
    switch format {
    case .gray: return columns(.gray) { smoothGray(sums, into: $0) }
    case .rgb:
      let target = takeOther(width: width)
      smooth(sums, into: target)
      pixels = target
      return columns(format: .rgb)
    }
  }

  private func smooth(_ sums: UnsafeMutablePointer<UInt32>, into target: UnsafeMutablePointer<UInt32>) {
    target.update(from: pixels, count: stride)
    (target + (width - 1) * stride).update(from: column(width - 1), count: stride)
    forEachInnerColumn(sums) { x, column, sums in
      let output = target + x * stride
      forEachSmoothed(column, sums) { y, red, green, blue in
        storePixels(red | (green &<< 8) | (blue &<< 16), to: output + y)
      }
      output[0] = column[0]
      output[height - 1] = column[height - 1]
    }
  }

  /// Smooths and converts to gray in one pass.
  private func smoothGray(_ sums: UnsafeMutablePointer<UInt32>, into target: UnsafeMutablePointer<UInt8>) {
    writeGray(column: 0, to: target)
    forEachInnerColumn(sums) { x, column, sums in
      let output = target + x * height
      forEachSmoothed(column, sums) { y, red, green, blue in storeGray(luma(red, green, blue), to: output + y) }
      output[0] = gray(column[0])
      output[height - 1] = gray(column[height - 1])
    }
    writeGray(column: width - 1, to: target)
  }

  /// Calls `body` with every column but the first and the last, and the sums of its left neighbour, itself and its
  /// right neighbour.
  /// - Parameter memory: Space for six columns of words.
  @inline(__always)
  private func forEachInnerColumn(
    _ memory: UnsafeMutablePointer<UInt32>,
    _ body: (_ x: Int, _ column: UnsafePointer<UInt32>, _ sums: (ColumnSums, ColumnSums, ColumnSums)) -> Void
  ) {
    // SAFETY: each column has `stride` pixels, a multiple of the vector length, and there is a pixel before the first
    // and after the last.
    var (left, middle, right) = (
      ColumnSums(memory, stride), ColumnSums(memory + 2 * stride, stride), ColumnSums(memory + 4 * stride, stride)
    )
    middle.add(column(0))
    right.add(column(1))
    for x in 1..<width - 1 {
      (left, middle, right) = (middle, right, left)
      right.add(column(x + 1))
      body(x, column(x), (left, middle, right))
    }
  }

  func columns(format: PixelFormat) -> ImageColumns {
    switch format {
    case .gray:
      columns(.gray) { target in
        for x in 0..<width { writeGray(column: x, to: target) }
      }
    case .rgb: columns(.rgb) { writeRGB(to: $0) }
    }
  }

  /// - Parameter write: Writes the image's bytes. The last vector of a column may write into the next column, which
  ///   then overwrites it, and that of the last column beyond the end.
  private func columns(
    _ format: PixelFormat, write: (UnsafeMutablePointer<UInt8>) -> Void
  ) -> ImageColumns {
    let geometry = Geometry(width: width, height: height, format: format)
    let capacity = geometry.byteCount + PixelVector.scalarCount
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      if let target = buffer.baseAddress { write(target) }
      count = geometry.byteCount
    }
    return ImageColumns(geometry: geometry, pixels: bytes)
  }

  private func writeGray(column x: Int, to target: UnsafeMutablePointer<UInt8>) {
    let (column, output) = (column(x), target + x * height)
    for y in Swift.stride(from: 0, to: height, by: PixelVector.scalarCount) {
      let pixels = loadPixels(column + y)
      storeGray(luma(pixels & 255, (pixels &>> 8) & 255, (pixels &>> 16) & 255), to: output + y)
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

  /// The buffer that the image is not in, with space for `width` columns.
  private mutating func takeOther(width: Int) -> UnsafeMutablePointer<UInt32> {
    isInFirst.toggle()
    let count = width * stride + 2 * Self.slack
    return (isInFirst ? first.reserve(count) : second.reserve(count)) + Self.slack
  }
}

/// A pixel in gray.
@inline(__always)
private func gray(_ pixel: UInt32) -> UInt8 {
  let values = luma(
    PixelVector(repeating: pixel & 255), PixelVector(repeating: (pixel &>> 8) & 255),
    PixelVector(repeating: (pixel &>> 16) & 255))
  return UInt8(truncatingIfNeeded: values[0])
}

@inline(__always)
private func storeGray(_ values: PixelVector, to target: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(target).storeBytes(of: SIMD16<UInt8>(truncatingIfNeeded: values), as: SIMD16<UInt8>.self)
}

/// For each pixel of a column, the sum of it and those above and below.
private struct ColumnSums {
  /// Red in the low half of a word, blue in the high one.
  let redBlue: UnsafeMutablePointer<UInt32>
  let green: UnsafeMutablePointer<UInt32>
  let stride: Int

  /// - Parameter memory: Space for 2 x `stride` words.
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

/// Calls `body` with every vector of a smoothed column. Its first and last pixel are not valid.
@inline(__always)
private func forEachSmoothed(
  _ column: UnsafePointer<UInt32>, _ sums: (left: ColumnSums, middle: ColumnSums, right: ColumnSums),
  _ body: (_ y: Int, _ red: PixelVector, _ green: PixelVector, _ blue: PixelVector) -> Void
) {
  for y in Swift.stride(from: 0, to: sums.middle.stride, by: PixelVector.scalarCount) {
    let pixels = loadPixels(column + y)
    let pairs =
      loadPixels(sums.left.redBlue + y) &+ loadPixels(sums.middle.redBlue + y) &+ loadPixels(sums.right.redBlue + y)
      &+ ((pixels & 0xFF00FF) &<< 2)
    let greens =
      loadPixels(sums.left.green + y) &+ loadPixels(sums.middle.green + y) &+ loadPixels(sums.right.green + y)
      &+ (((pixels &>> 8) & 255) &<< 2)
    body(y, dividedBy13(pairs & 0xFFFF), dividedBy13(greens), dividedBy13(pairs &>> 16))
  }
}

/// sum / 13, rounded, for 0 ... 13 · 255.
@inline(__always)
private func dividedBy13(_ sum: PixelVector) -> PixelVector { ((sum &+ 6) &* 5042) &>> 16 }
