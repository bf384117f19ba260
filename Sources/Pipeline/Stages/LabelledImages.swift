import Files
import Samples

/// Image files with their labels, from a folder or from a CSV table with the columns `file` and `label`.
package struct LabelledImages: Sendable {
  package struct Entry: Sendable, Equatable {
    package let path: String
    /// nil where the file's name has none.
    package let label: String?
  }

  /// In the order of the table, or else of the file names.
  package let entries: [Entry]

  /// - Parameter source: A table, or a folder. A folder's labels are those of its table `labels.csv`; without one,
  ///   those that the file names begin with, as in `AB12_anything.png`.
  /// - Throws: `FileError`, `PipelineError.noImages` or `PipelineError.invalidTable`.
  package init(_ source: String) throws {
    guard isFolder(source) else {
      entries = try Self.entries(ofTable: source)
      return
    }
    let table = source + "/" + labelTableName
    if try contents(ofFolder: source).contains(labelTableName) {
      entries = try Self.entries(ofTable: table)
    } else {
      entries = try imageFiles(inFolder: source).map { Entry(path: $0, label: label(ofFile: $0)) }
    }
  }

  private static func entries(ofTable path: String) throws -> [Entry] {
    func fault(_ reason: String) -> PipelineError { .invalidTable(path: path, reason: reason) }
    guard let text = String(validating: try ReadableFile.contents(of: path), as: UTF8.self) else {
      throw fault("it is not UTF-8 text")
    }
    let table: CSVTable
    do throws(CSVTable.Fault) {
      table = try CSVTable(text)
    } catch {
      throw fault(error.description)
    }
    guard let file = table.header.firstIndex(of: "file"), let label = table.header.firstIndex(of: "label") else {
      throw fault("it has the columns \(table.header.joined(separator: ", ")); it needs the columns file and label")
    }
    guard !table.rows.isEmpty else { throw fault("it lists no files") }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    return table.rows.map { row in
      let name = row.fields[file]
      return Entry(path: name.hasPrefix("/") ? name : folder + name, label: row.fields[label])
    }
  }
}
