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

/// The content of a font file.
package struct FontFile: Sendable {
  package let path: String
  package let bytes: [UInt8]
  /// Of the first face in the file.
  package let family: String
  package let hash: ContentHash

  /// - Throws: `GeneratorError.unusableFont` or `.file`.
  package init(path: String) throws(GeneratorError) {
    let bytes = try contents(of: path)
    let face = try FontFace(bytes: bytes, path: path)
    self.path = path
    self.bytes = bytes
    family = face.familyName
    hash = ContentHash(of: bytes)
  }

  /// The font that `name` stands for: the path of a file if it has a slash, else the family name of an installed font. Of
  /// several faces of a family the regular one is taken, else the first in the order of their paths.
  package static func find(_ name: String, in folders: [String] = installedFontFolders) throws(GeneratorError)
    -> FontFile
  {
    if name.contains("/") { return try FontFile(path: name) }
    var fallback: String?
    for path in fontPaths(in: folders, likeliestFor: name) {
      // A broken file among the installed ones is no reason to fail while another may be the one.
      guard let bytes = try? contents(of: path), let face = try? FontFace(bytes: bytes, path: path),
        face.familyName.lowercased() == name.lowercased()
      else { continue }
      if ["Regular", "Book", "Roman"].contains(face.styleName) { return try FontFile(path: path) }
      fallback = fallback ?? path
    }
    guard let fallback else { throw .fontNotFound(name: name, searched: folders) }
    return try FontFile(path: fallback)
  }

  /// Where fonts are installed on Linux, system first.
  package static var installedFontFolders: [String] {
    let home = NSHomeDirectory()
    return ["/usr/share/fonts", "/usr/local/share/fonts", "\(home)/.fonts", "\(home)/.local/share/fonts"]
  }
}

/// Font files are read whole; the largest in use (Chinese collections) have some 100 MB.
private let fontByteCountMax = 512 << 20

private func contents(of path: String) throws(GeneratorError) -> [UInt8] {
  do throws(FileError) {
    let file = try ReadableFile(path)
    if file.byteCount <= fontByteCountMax { return try file.read(at: 0, count: file.byteCount) }
  } catch {
    throw .file(error)
  }
  throw .unusableFont(path: path, reason: "larger than \(fontByteCountMax) bytes")
}

/// All font files, in the order of their paths, but those whose file name starts like the family's name first: the search
/// then opens one file in place of hundreds.
private func fontPaths(in folders: [String], likeliestFor family: String) -> [String] {
  let squeezed = family.lowercased().filter { $0 != " " }
  var likely: [String] = []
  var others: [String] = []
  for folder in folders {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    for name in names.sorted() {
      let file = (name as NSString).lastPathComponent.lowercased()
      guard ["ttf", "otf", "ttc", "otc"].contains((file as NSString).pathExtension) else { continue }
      if file.hasPrefix(squeezed) { likely.append("\(folder)/\(name)") } else { others.append("\(folder)/\(name)") }
    }
  }
  return likely + others
}
