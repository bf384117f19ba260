import Foundation
import Specs

/// The fonts in folders and their subfolders.
package struct InstalledFonts {
  /// Where fonts are installed on Linux, system first, and the fonts of a package of this program last.
  package static var folders: [String] {
    let home = NSHomeDirectory()
    let usual = ["/usr/share/fonts", "/usr/local/share/fonts", "\(home)/.fonts", "\(home)/.local/share/fonts"]
    return usual + [packaged].compactMap { $0 }
  }

  /// The folder of fonts beside the library that contains this code. The program that loaded it may be another one,
  /// such as Python.
  private static var packaged: String? {
    // "7f00-7fff r-xp 00001000 fe:00 1234    /usr/lib/glyphline/libglyphline.so.0": a range of addresses, its file last.
    // Linux gives a page at a time, and Foundation's functions for whole files take the first for everything.
    guard let file = FileHandle(forReadingAtPath: "/proc/self/maps") else { return nil }
    var ranges = Data()
    while let part = try? file.read(upToCount: 65_536), !part.isEmpty { ranges += part }
    let address = UInt(bitPattern: #dsohandle)
    for line in String(decoding: ranges, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 5)
      let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard bounds.count == 2, fields.count == 6, (bounds[0]..<bounds[1]).contains(address) else { continue }
      return folder(besideLibrary: fields[5].drop { $0 == " " })
    }
    return nil
  }

  /// `share/glyphline/fonts` of the tree in which a package has a library; nil for files of no package.
  /// - Parameter path: In a package, it ends in `lib/glyphline/` and a path within that folder.
  package static func folder(besideLibrary path: Substring) -> String? {
    guard let folder = path.range(of: "/lib/glyphline/", options: .backwards) else { return nil }
    return path[..<folder.lowerBound] + "/share/glyphline/fonts"
  }

  /// More than any collection in use has.
  private static let faceCountMax = 256

  private let folders: [String]

  package init(in folders: [String]) { self.folders = folders }

  /// The family's regular face, else its first in the order of paths.
  /// - Throws: `GeneratorError.fontNotFound` with the families found.
  package func font(ofFamily family: String) throws(GeneratorError) -> FontFile {
    var fallback: (path: String, index: Int)?
    var families: Set<String> = []
    for path in paths(likeliestFor: family) {
      for (index, face) in faces(of: path).enumerated() {
        families.insert(face.family)
        guard face.family.lowercased() == family.lowercased() else { continue }
        if face.isRegular { return try FontFile(path: path, faceIndex: index) }
        fallback = fallback ?? (path, index)
      }
    }
    guard let fallback else {
      throw .fontNotFound(name: family, searched: folders, closest: Self.sorted(families, byDistanceTo: family))
    }
    return try FontFile(path: fallback.path, faceIndex: fallback.index)
  }

  private static func sorted(_ families: Set<String>, byDistanceTo name: String) -> [String] {
    families.map { (distance: editDistance($0.lowercased(), name.lowercased()), name: $0) }.sorted { $0 < $1 }
      .map(\.name)
  }

  /// Empty where the file is not a font: a broken file must not keep other fonts from being found.
  private func faces(of path: String) -> [(family: String, isRegular: Bool)] {
    guard let bytes = try? FontFile.contents(of: path) else { return [] }
    var faces: [(family: String, isRegular: Bool)] = []
    var count = 1
    while faces.count < count {
      guard let face = try? FontFace(bytes: bytes, path: path, index: faces.count) else { break }
      count = min(face.faceCount, Self.faceCountMax)
      faces.append((face.familyName, ["Regular", "Book", "Roman"].contains(face.styleName)))
    }
    return faces
  }

  /// All font files by path, but first those whose name starts like the family's: the search then opens one file
  /// instead of hundreds.
  private func paths(likeliestFor family: String) -> [String] {
    let squeezed = family.lowercased().filter { $0 != " " }
    var likely: [String] = []
    var others: [String] = []
    for folder in folders {
      let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
      for name in names.sorted() where FontFile.isFontFile(name) {
        let isLikely = (name as NSString).lastPathComponent.lowercased().hasPrefix(squeezed)
        if isLikely { likely.append("\(folder)/\(name)") } else { others.append("\(folder)/\(name)") }
      }
    }
    return likely + others
  }
}
