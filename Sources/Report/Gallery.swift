import Foundation
import Images
import Samples

extension ReportPage.Example {
  /// The image with its label and prediction.
  /// - Throws: `ImageError` where the image cannot be encoded.
  func figure(withCandidates: Bool) throws(ImageError) -> HTML {
    let png = Data(try PNGWriter.encode(image)).base64EncodedString()
    return """
      <figure class="reading">
      <img src="data:image/png;base64,\(png)" width="\(image.geometry.width)" height="\(image.geometry.height)" \
      alt="Sample \(row.sampleIndex), labelled \(row.label)"/>
      <figcaption>\(marked(row.label, against: row.predicted)) predicted as \
      \(marked(row.predicted, against: row.label)) \
      <small>confidence \(percent(row.confidence)), sample \(row.sampleIndex)</small>\
      \(withCandidates ? candidateTable : "")</figcaption>
      </figure>
      """
  }

  /// The text, with the characters marked that differ from the other text.
  private func marked(_ text: String, against other: String) -> HTML {
    let others = Array(other)
    let characters: [HTML] = text.enumerated().map { position, character in
      position < others.count && others[position] == character
        ? "\(String(character))" : "<mark>\(String(character))</mark>"
    }
    return HTML(stringLiteral: "<code>" + characters.map(\.text).joined() + "</code>")
  }

  private var candidateTable: HTML {
    let columns: [HTML] = candidates.map { column in
      let lines: [HTML] = column.map { "<li>\(shown($0.character)) \(decimal(100 * $0.probability, count: 0))</li>" }
      return "<ul>\(lines)</ul>"
    }
    return "<div class=\"candidates\">\(columns)</div>"
  }
}
