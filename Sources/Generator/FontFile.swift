import Files
import Foundation

/// The font whose glyphs are those of the Python package's own font, Droid Sans Mono, at the sizes that it uses.
enum NotoMono {
  static let family = "Noto Mono"
  /// Droid Sans Mono's height above the baseline, in 1/2048 em. Glyph cells are measured from there, and Noto Mono's own
  /// is only 1900/2048.
  static let droidAscender = 2163
  static let unitsPerEm = 2048
}

/// The content of a font file, and the face of it that is meant.
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

  /// The font that `name` stands for: a file, first face, where it has a slash or ends as font files do, else the family of
  /// an installed font.
  package static func find(_ name: String, in folders: [String] = InstalledFonts.folders) throws(GeneratorError)
    -> FontFile
  {
    if name.contains("/") || isFontFile(name) { return try FontFile(path: name) }
    return try InstalledFonts(in: folders).font(ofFamily: name)
  }

  static func isFontFile(_ name: String) -> Bool {
    ["ttf", "otf", "ttc", "otc"].contains((name as NSString).pathExtension.lowercased())
  }

  /// Font files are read whole; the largest in use (Chinese collections) have some 100 MB.
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
