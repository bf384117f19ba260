import Files
import Samples

/// Image files with their labels, from a folder or from a CSV table.
package struct LabelledImages: Sendable {
  struct Entry: Sendable {
    let path: FilePath
    /// nil where the file's name has none.
    let label: String?
    /// Whether the file must be an image, as it is listed in a table or has the name of one.
    let isImage: Bool
  }

  /// In the order of the table, or else of the paths.
  let entries: [Entry]
  /// What the folder holds besides.
  let passedOver: [PassedOver]

  /// - Parameter source: A table with the columns `file` and `label`, or a folder. A folder's labels are those of its
  ///   table `labels.csv`; without one, those that the file names begin with, as in `AB12_anything.png`.
  /// - Throws: `FileError`, `PipelineError.emptyFolder` or `PipelineError.invalidTable`.
  package init(_ source: FilePath) throws {
    guard isFolder(source) else {
      (entries, passedOver) = (try Self.entries(ofTable: source), [])
      return
    }
    let folder = try ImageFolder(source)
    let table = source.appending(labelTableName.utf8)
    guard folder.files.contains(table) else {
      entries = folder.files.map { Entry(path: $0, label: label(ofFile: $0), isImage: $0.isNamedAsImage) }
      passedOver = folder.passedOver
      return
    }
    let entries = try Self.entries(ofTable: table, known: Set(folder.files))
    let listed = Set(entries.map(\.path) + [table])
    var others = folder.files.filter { !listed.contains($0) }
    if !others.isEmpty {
      // A table may write the path of a file in another way.
      let files = Set(listed.compactMap { FileIdentity($0) })
      others = others.filter { other in FileIdentity(other).map { !files.contains($0) } ?? true }
    }
    self.entries = entries
    passedOver = folder.passedOver + others.map { PassedOver(path: $0, reason: .unlisted) }
  }

  /// The labels are in the column `label`, or in `text`, as `glyphline predict --csv` calls it. The files are relative
  /// to the table's folder; if one is not there, to the working directory, as `predict` writes them.
  /// - Parameter known: Files that exist, so that they need not be looked for.
  private static func entries(ofTable path: FilePath, known: Set<FilePath> = []) throws -> [Entry] {
    func fault(_ reason: String) -> PipelineError { .invalidTable(path: "\(path)", reason: reason) }
    guard let text = String(validating: try ReadableFile.contents(of: path), as: UTF8.self) else {
      throw fault("it is not UTF-8 text")
    }
    let table: CSVTable
    do throws(CSVTable.Fault) {
      table = try CSVTable(text)
    } catch {
      throw fault(error.description)
    }
    guard let file = table.header.firstIndex(of: "file"),
      let label = table.header.firstIndex(of: "label") ?? table.header.firstIndex(of: "text")
    else {
      throw fault(
        "it has the columns \(table.header.joined(separator: ", ")); it needs the columns file and label (or text)")
    }
    guard !table.rows.isEmpty else { throw fault("it lists no files") }
    let folder = path.folder
    return table.rows.map { row in
      let inFolder = folder.appending(row.fields[file].utf8)
      let path = known.contains(inFolder) ? inFolder : Self.path(of: row.fields[file], inFolder: folder)
      return Entry(path: path, label: row.fields[label], isImage: true)
    }
  }

  private static func path(of name: String, inFolder folder: FilePath) -> FilePath {
    let written = FilePath(name)
    if written.bytes.first == UInt8(ascii: "/") { return written }
    let unescaped = FilePath(escaped: name)
    let candidates = [folder.appending(written.bytes), written, folder.appending(unescaped.bytes), unescaped]
    return candidates.first { FileIdentity($0) != nil } ?? candidates[0]
  }
}
