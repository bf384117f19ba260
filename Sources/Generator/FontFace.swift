import CFreeType

/// A face of a font file, opened with FreeType.
struct FontFace: ~Copyable {
  private let library: FT_Library
  private let face: FT_Face
  /// The file's bytes, which FreeType reads for as long as the face is open.
  private let content: UnsafeMutableBufferPointer<UInt8>

  /// - Parameters:
  ///   - path: Where `bytes` come from, for messages.
  ///   - index: The face's index in the file.
  /// - Throws: `GeneratorError.unusableFont`.
  init(bytes: [UInt8], path: String, index: Int) throws(GeneratorError) {
    var library: FT_Library?
    guard FT_Init_FreeType(&library) == 0, let library else {
      throw .unusableFont(path: path, reason: "FreeType cannot be initialised")
    }
    let content = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = content.initialize(from: bytes)
    var face: FT_Face?
    let code = FT_New_Memory_Face(library, content.baseAddress, FT_Long(bytes.count), FT_Long(index), &face)
    guard code == 0, let face else {
      FT_Done_FreeType(library)
      content.deallocate()
      throw .unusableFont(path: path, reason: "not a font file (FreeType error \(code))")
    }
    // A face without outlines has only glyphs of fixed sizes.
    guard face.pointee.face_flags & FT_Long(FT_FACE_FLAG_SCALABLE) != 0 else {
      FT_Done_Face(face)
      FT_Done_FreeType(library)
      content.deallocate()
      throw .unusableFont(path: path, reason: "its glyphs are bitmaps of fixed sizes, not outlines")
    }
    self.library = library
    self.face = face
    self.content = content
  }

  // SAFETY: only this value has the handles and the memory; the face is freed before the bytes that it reads.
  deinit {
    FT_Done_Face(face)
    FT_Done_FreeType(library)
    content.deallocate()
  }

  /// Faces in the file.
  var faceCount: Int { Int(face.pointee.num_faces) }
  var familyName: String { face.pointee.family_name.map { String(cString: $0) } ?? "" }
  var styleName: String { face.pointee.style_name.map { String(cString: $0) } ?? "" }

  /// FreeType's version as major.minor.patch; 0.0.0 where it cannot be initialised.
  static var freeTypeVersion: String {
    var library: FT_Library?
    var (major, minor, patch): (FT_Int, FT_Int, FT_Int) = (0, 0, 0)
    if FT_Init_FreeType(&library) == 0 {
      FT_Library_Version(library, &major, &minor, &patch)
      FT_Done_FreeType(library)
    }
    return "\(major).\(minor).\(patch)"
  }

  /// Height of the face above the baseline at `size`, in whole pixels.
  func ascender(size: Int) -> Int? {
    guard FT_Set_Pixel_Sizes(face, 0, FT_UInt(size)) == 0 else { return nil }
    return Int(face.pointee.size.pointee.metrics.ascender + 32) >> 6
  }

  func hasGlyph(for scalar: Unicode.Scalar) -> Bool { FT_Get_Char_Index(face, FT_ULong(scalar.value)) != 0 }

  /// The glyph's coverage at `size` pixels per em, with FreeType's default hinting, which Pillow uses too; nil where
  /// the glyph is damaged, or wider or higher than `extentMax` pixels.
  func outline(of scalar: Unicode.Scalar, size: Int, extentMax: Int) -> GlyphBitmap? {
    let index = FT_Get_Char_Index(face, FT_ULong(scalar.value))
    guard FT_Set_Pixel_Sizes(face, 0, FT_UInt(size)) == 0,
      FT_Load_Glyph(face, index, FT_Int32(FT_LOAD_NO_BITMAP)) == 0
    else { return nil }
    // In 1/64 pixel.
    let metrics = face.pointee.glyph.pointee.metrics
    guard metrics.width <= extentMax * 64 && metrics.height <= extentMax * 64,
      FT_Render_Glyph(face.pointee.glyph, FT_RENDER_MODE_NORMAL) == 0
    else { return nil }
    let slot = face.pointee.glyph.pointee
    let (width, height, pitch) = (Int(slot.bitmap.width), Int(slot.bitmap.rows), Int(slot.bitmap.pitch))
    var pixels = [UInt8](repeating: 0, count: width * height)
    if let source = slot.bitmap.buffer, !pixels.isEmpty {
      guard slot.bitmap.pixel_mode == UInt8(FT_PIXEL_MODE_GRAY.rawValue), pitch >= width else { return nil }
      for y in 0..<height {
        for x in 0..<width { pixels[y * width + x] = source[y * pitch + x] }
      }
    }
    return GlyphBitmap(
      width: width, height: height, left: Int(slot.bitmap_left), top: Int(slot.bitmap_top),
      advance: (slot.advance.x + 32) >> 6, pixels: pixels)
  }
}

/// A glyph as FreeType draws it.
struct GlyphBitmap {
  let width: Int
  let height: Int
  /// Pixels from the pen to the bitmap's left edge.
  let left: Int
  /// Pixels from the baseline up to the bitmap's top edge.
  let top: Int
  /// Pixels from this pen position to the next, rounded as Pillow rounds.
  let advance: Int
  /// Coverage, [height, width].
  let pixels: [UInt8]
}
