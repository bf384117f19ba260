import Foundation

/// A piece of HTML or SVG. Interpolated texts are escaped, so no label or spec can become markup; interpolated `HTML`
/// is not.
package struct HTML: ExpressibleByStringInterpolation, Sendable {
  package let text: String

  package init(stringLiteral text: String) { self.text = text }
  package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    package mutating func appendLiteral(_ literal: String) { text += literal }
    package mutating func appendInterpolation(_ piece: HTML) { text += piece.text }
    package mutating func appendInterpolation(_ pieces: [HTML]) { text += pieces.map(\.text).joined(separator: "\n") }
    package mutating func appendInterpolation(_ number: Int) { text += String(number) }
    package mutating func appendInterpolation(_ plain: some StringProtocol) { text += escaped(plain) }

    /// A coordinate or an opacity, with two decimals.
    package mutating func appendInterpolation(_ coordinate: Double) {
      text += String(format: "%.2f", coordinate)
    }
  }
}

private func escaped(_ text: some StringProtocol) -> String {
  var result = ""
  for character in text {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default: result.append(character)
    }
  }
  return result
}

/// A table that is folded until the reader opens it.
func foldedTable(head: [String], rows: [[String]]) -> HTML {
  """
  <details><summary>Table</summary>
  \(table(head: head, rows: rows))
  </details>
  """
}

/// A table whose first column names its rows.
func table(head: [String], rows: [[String]]) -> HTML {
  let heads: [HTML] = head.map { "<th scope=\"col\">\($0)</th>" }
  let lines: [HTML] = rows.map { row in
    let cells: [HTML] = row.enumerated().map { column, cell in
      column == 0 ? "<th scope=\"row\">\(cell)</th>" : "<td>\(cell)</td>"
    }
    return "<tr>\(cells)</tr>"
  }
  return """
    <div class="scroll"><table>
    <thead><tr>\(heads)</tr></thead>
    <tbody>
    \(lines)
    </tbody></table></div>
    """
}

func decimal(_ number: Double, count: Int) -> String { String(format: "%.\(count)f", number) }
