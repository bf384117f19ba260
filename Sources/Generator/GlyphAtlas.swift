/// Every glyph that a generator draws, rendered once and shared by all threads.
package final class GlyphAtlas: Sendable {
  /// A character at a font size, in pixels per em.
  package struct Key: Hashable, Comparable, Sendable {
    package let size: Int
    package let scalar: Unicode.Scalar

    package init(_ scalar: Unicode.Scalar, size: Int) {
      self.size = size
      self.scalar = scalar
    }

    package static func < (left: Key, right: Key) -> Bool { (left.size, left.scalar) < (right.size, right.scalar) }
  }

  /// The distance from a text line's top to its baseline.
  package enum Ascent: Sendable {
    /// The font's own ascender.
    case ofFont
    /// The font's own, but for Noto Mono that of Droid Sans Mono, for which it stands in.
    case ofDroidSansMono
  }

  private let glyphs: [Key: Glyph]
  /// The memory of the glyphs' masks.
  private let memory: [InkMask.Memory]

  /// - Parameter keys: The glyphs to render; sizes are 1 ... `sizeMax`.
  /// - Throws: `GeneratorError.missingGlyph`, `.undrawableGlyph`, `.unusableFont` or `.invalidParameters`.
  package init(font: FontFile, keys: Set<Key>, ascent: Ascent) throws(GeneratorError) {
    let face = try FontFace(bytes: font.bytes, path: font.path, index: font.faceIndex)
    var glyphs: [Key: Glyph] = [:]
    var memory: [InkMask.Memory] = []
    // In a fixed order, so that the same one of several faults is reported every time.
    for key in keys.sorted() {
      guard (1...Self.sizeMax).contains(key.size) else {
        throw .invalidParameters(reason: "font size \(key.size), allowed: 1 to \(Self.sizeMax)")
      }
      guard let ascender = Self.ascender(of: face, size: key.size, ascent) else {
        throw .unusableFont(path: font.path, reason: "it has no size \(key.size)")
      }
      guard face.hasGlyph(for: key.scalar) else {
        throw .missingGlyph(character: String(key.scalar), font: "\(font.family) (\(font.path))")
      }
      guard
        var glyph = face.outline(of: key.scalar, size: key.size, extentMax: Self.cellMax).map({
          Glyph($0, ascender: ascender)
        }), (1...Self.cellMax).contains(glyph.cell.x), (1...Self.cellMax).contains(glyph.cell.y)
      else { throw .undrawableGlyph(character: String(key.scalar), size: key.size, font: font.path) }
      if let own = glyph.ink.lend() { memory.append(own) }
      glyphs[key] = glyph
    }
    self.glyphs = glyphs
    self.memory = memory
  }

  /// Every character at every size.
  /// - Parameter characters: The characters of texts; the space is always added.
  package convenience init(
    font: FontFile, characters: some Sequence<Unicode.Scalar>, sizes: some Sequence<Int>,
    ascent: Ascent = .ofDroidSansMono
  ) throws(GeneratorError) {
    let scalars = Set(characters).union([" "])
    let keys = Set(Set(sizes).flatMap { size in scalars.map { Key($0, size: size) } })
    try self.init(font: font, keys: keys, ascent: ascent)
  }

  /// The largest width and height of a glyph's cell in pixels.
  static let cellMax = 512

  /// The largest font size, in pixels per em.
  package static let sizeMax = 256

  /// Width and height of a character's cell in pixels.
  /// - Precondition: the atlas has the character at this size.
  package func cell(of scalar: Unicode.Scalar, size: Int) -> SIMD2<Int> { glyph(of: scalar, size: size).cell }

  /// - Precondition: the atlas has the character at this size.
  func glyph(of scalar: Unicode.Scalar, size: Int) -> Glyph {
    guard let glyph = glyphs[Key(scalar, size: size)] else { preconditionFailure("the atlas lacks a glyph") }
    return glyph
  }

  private static func ascender(of face: borrowing FontFace, size: Int, _ ascent: Ascent) -> Int? {
    guard ascent == .ofDroidSansMono && face.familyName == NotoMono.family else { return face.ascender(size: size) }
    return (NotoMono.droidAscender * size + NotoMono.unitsPerEm - 1) / NotoMono.unitsPerEm
  }
}

/// One character at one size, cut to its ink.
struct Glyph: Sendable {
  /// Size of the text box that Pillow measures from (1, 1), as the package does: 1 + the advance (or the ink's right
  /// edge), 1 + the ascender + the depth of the ink below the baseline.
  let cell: SIMD2<Int>
  /// Where the ink starts if the text's box starts at (0, 0).
  let left: Int
  let top: Int
  /// From the top of the text's box down to the baseline.
  let ascender: Int
  fileprivate(set) var ink: InkMask

  init(_ bitmap: GlyphBitmap, ascender: Int) {
    cell = SIMD2(1 + max(bitmap.advance, bitmap.left + bitmap.width), 1 + ascender + max(0, bitmap.height - bitmap.top))
    self.ascender = ascender
    let box = inkBox(of: bitmap.pixels, width: bitmap.width, height: bitmap.height)
    left = bitmap.left + box.x.lowerBound
    top = ascender - bitmap.top + box.y.lowerBound
    ink = InkMask(bitmap.pixels, width: bitmap.width, x: box.x, y: box.y)
  }

  /// The ink that is inside an image of `width` x `height` if the text is drawn at `offset`; Pillow cuts off the rest.
  func ink(at offset: SIMD2<Int>, width: Int, height: Int) -> InkMask {
    let x = (0..<ink.width).clamped(to: -(offset.x + left)..<max(0, width - offset.x - left))
    let y = (0..<ink.height).clamped(to: -(offset.y + top)..<max(0, height - offset.y - top))
    if x == 0..<ink.width && y == 0..<ink.height { return ink }
    return ink.cut(x: x, y: y)
  }
}

/// Coverage of a glyph cut to its ink, as the squares of 2 x 2 pixels that bilinear sampling reads, so that one load
/// gives all four. A border of one pixel repeats the edge.
// SAFETY: the squares are written before another thread has them.
struct InkMask: @unchecked Sendable {
  /// The memory of squares.
  // SAFETY: as of the mask.
  final class Memory: @unchecked Sendable {
    fileprivate let squares: UnsafeMutablePointer<UInt32>

    fileprivate init(count: Int) { squares = .allocate(capacity: count) }

    deinit { squares.deallocate() }
  }

  let width: Int
  let height: Int
  private let squares: UnsafePointer<UInt32>
  /// Of the squares; nil where an atlas owns it, since threads would wait for each other to count references.
  private var memory: Memory?

  /// Squares in a line.
  var stride: Int { width + 1 }
  var isEmpty: Bool { width == 0 || height == 0 }

  /// - Parameter fill: Writes the squares after the first; there is space for one vector more.
  init(width: Int, height: Int, fill: (UnsafeMutablePointer<UInt32>) -> Void) {
    self.width = width
    self.height = height
    let memory = Memory(count: 1 + (width + 1) * (height + 1) + PixelVector.scalarCount)
    memory.squares[0] = 0
    fill(memory.squares + 1)
    self.memory = memory
    squares = UnsafePointer(memory.squares)
  }

  init(_ pixels: [UInt8], width: Int, x: Range<Int>, y: Range<Int>) {
    self.init(width: x.count, height: y.count) { squares in
      guard !x.isEmpty && !y.isEmpty else { return }
      func coverage(_ column: Int, _ row: Int) -> UInt32 {
        let column = min(max(column, x.lowerBound), x.upperBound - 1)
        let row = min(max(row, y.lowerBound), y.upperBound - 1)
        return UInt32(pixels[row * width + column])
      }
      var square = squares
      for row in y.lowerBound - 1..<y.upperBound {
        for column in x.lowerBound - 1..<x.upperBound {
          let upper = coverage(column, row) | coverage(column + 1, row) << 8
          square.pointee = upper | coverage(column, row + 1) << 16 | coverage(column + 1, row + 1) << 24
          square += 1
        }
      }
    }
  }

  /// First an empty square, for points outside; then [height + 1, width + 1], each square with its upper left pixel in
  /// the lowest byte, then the upper right, the lower left and the lower right one.
  @inline(__always)
  func withSquares<Result>(_ body: (UnsafePointer<UInt32>) -> Result) -> Result {
    withExtendedLifetime(memory) { body(squares) }
  }

  /// Hands the squares' memory to the caller, who must keep it as long as the mask or a copy of it is used.
  fileprivate mutating func lend() -> Memory? {
    defer { memory = nil }
    return memory
  }

  func coverage(x: Int, y: Int) -> UInt8 {
    withSquares { UInt8(truncatingIfNeeded: $0[1 + (y + 1) * stride + x + 1]) }
  }

  /// A part of this mask, again cut to its ink.
  /// - Parameter threshold: Coverage below becomes 0.
  func cut(x: Range<Int>, y: Range<Int>, threshold: UInt8 = 1) -> InkMask {
    let pixels = y.flatMap { row in
      x.map { column in
        let coverage = coverage(x: column, y: row)
        return coverage < threshold ? 0 : coverage
      }
    }
    let box = inkBox(of: pixels, width: x.count, height: y.count)
    return InkMask(pixels, width: x.count, x: box.x, y: box.y)
  }
}

/// The smallest box that holds every pixel above zero; empty where there is none.
private func inkBox(of pixels: [UInt8], width: Int, height: Int) -> (x: Range<Int>, y: Range<Int>) {
  let inked = pixels.indices.filter { pixels[$0] > 0 }
  let columns = inked.map { $0 % width }
  guard let left = columns.min(), let right = columns.max(), let top = inked.first, let bottom = inked.last else {
    return (0..<0, 0..<0)
  }
  return (left..<right + 1, top / width..<bottom / width + 1)
}
