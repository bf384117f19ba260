import Files
import Foundation

/// The font that stands in for the Python package's own, Droid Sans Mono: its glyphs are the same at the sizes used.
enum NotoMono {
  static let family = "Noto Mono"
  /// Droid Sans Mono's ascender, in 1/2048 em. Glyph cells are measured from there; Noto Mono's own is only 1900.
  static let droidAscender = 2163
  static let unitsPerEm = 2048
}

/// The content of a font file, and which face of it to use.
package struct FontFile: Sendable {
  package let path: String
  /// From 0; only collections have more than one face.
  package let faceIndex: Int
  package let bytes: [UInt8]
  package let family: String
  package let hash: ContentHash

  /// - Throws: `GeneratorError.unusableFont` or `.file`.
  package init(path: String, faceIndex: Int = 0) throws(GeneratorError) {
    let bytes = try Self.contents(of: path)
    self.path = path
    self.faceIndex = faceIndex
    self.bytes = bytes
    family = try FontFace(bytes: bytes, path: path, index: faceIndex).familyName
    hash = ContentHash(of: bytes)
  }

  /// The font of this name: a file's first face where `name` has a slash or a font file's extension, else an installed
  /// font of this family.
  package static func find(_ name: String, in folders: [String] = InstalledFonts.folders) throws(GeneratorError)
    -> FontFile
  {
    if name.contains("/") || isFontFile(name) { return try FontFile(path: name) }
    return try InstalledFonts(in: folders).font(ofFamily: name)
  }

  static func isFontFile(_ name: String) -> Bool {
    ["ttf", "otf", "ttc", "otc"].contains((name as NSString).pathExtension.lowercased())
  }

  /// Font files are read whole; the largest in use (Chinese collections) have about 100 MB.
  private static let byteCountMax = 512 << 20

  static func contents(of path: String) throws(GeneratorError) -> [UInt8] {
    do throws(FileError) {
      let file = try ReadableFile(path)
      if file.byteCount <= byteCountMax { return try file.read(at: 0, count: file.byteCount) }
    } catch {
      throw .file(error)
    }
    throw .unusableFont(path: path, reason: "larger than \(byteCountMax) bytes")
  }
}
