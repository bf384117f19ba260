/// `text` as a field of a CSV file (RFC 4180), quoted where it must be.
package func csvField(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return text }
  return "\"" + text.replacing("\"", with: "\"\"") + "\""
}

/// A CSV file with a header (RFC 4180), as spreadsheets write it: its lines end with CR LF, LF or CR, and its fields may
/// be separated by semicolons or tabs where the header has no comma.
package struct CSVTable: Sendable {
  package struct Row: Sendable {
    /// The line it starts on, from 1.
    package let line: Int
    package let fields: [String]
  }

  /// Why a text is not such a table.
  package struct Fault: Error, Equatable, CustomStringConvertible {
    package let line: Int
    package let reason: String
    package var description: String { "line \(line): \(reason)" }
  }

  package let header: [String]
  /// Each row has as many fields as the header; empty lines are skipped.
  package let rows: [Row]

  package init(_ text: String) throws(Fault) {
    var reader = CSVReader(text)
    var rows: [Row] = []
    while let row = try reader.next() {
      if row.fields != [""] { rows.append(row) }
    }
    guard let first = rows.first else { throw Fault(line: 1, reason: "the table is empty") }
    header = first.fields
    for row in rows where row.fields.count != header.count {
      throw Fault(line: row.line, reason: "the number of fields is \(row.fields.count), the header has \(header.count)")
    }
    self.rows = Array(rows.dropFirst())
  }
}

/// Reads rows, field by field.
private struct CSVReader {
  private let scalars: [Unicode.Scalar]
  private var offset = 0
  private var line = 1
  private let separator: Unicode.Scalar

  init(_ text: String) {
    // Spreadsheets mark UTF-8 with a byte order mark.
    let hasMark = text.unicodeScalars.first == "\u{FEFF}"
    scalars = Array(hasMark ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...])
    let header = scalars.prefix { $0 != "\n" && $0 != "\r" }
    separator = [",", ";", "\t"].first(where: header.contains) ?? ","
  }

  private var current: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }

  mutating func next() throws(CSVTable.Fault) -> CSVTable.Row? {
    guard current != nil else { return nil }
    let start = line
    var fields = [try field()]
    while current == separator {
      offset += 1
      fields.append(try field())
    }
    if let scalar = current {
      guard scalar == "\n" || scalar == "\r" else {
        throw CSVTable.Fault(line: line, reason: "text after a quoted field")
      }
      offset += 1
      if scalar == "\r" && current == "\n" { offset += 1 }
      line += 1
    }
    return CSVTable.Row(line: start, fields: fields)
  }

  private mutating func field() throws(CSVTable.Fault) -> String {
    guard current == "\"" else {
      var text = String.UnicodeScalarView()
      while let scalar = current, scalar != separator, scalar != "\r", scalar != "\n" {
        text.append(scalar)
        offset += 1
      }
      return String(text)
    }
    let start = line
    var text = String.UnicodeScalarView()
    offset += 1
    while let scalar = current {
      offset += 1
      if scalar == "\n" { line += 1 }
      if scalar == "\"" {
        // Two quotes are one quote of the field's text; a single one ends the field.
        guard current == "\"" else { return String(text) }
        offset += 1
      }
      text.append(scalar)
    }
    throw CSVTable.Fault(line: start, reason: "the quote is not closed")
  }
}
