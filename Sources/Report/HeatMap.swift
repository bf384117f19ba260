import Catalog
import Samples

/// The confusion matrix over all positions, a row for each true character. The most frequent mistake has the strongest
/// colour. Correct predictions, which outnumber all mistakes, are gray.
struct HeatMap {
  /// The characters of the rows and of the columns, in order.
  let characters: [String]
  let cells: [ConfusionShareRow]

  private let size = 14.0
  private let margin = 22.0

  var html: HTML {
    let indices = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, Double($0)) })
    let worst = cells.filter { $0.truth != $0.predicted }.map(\.share).max() ?? 1
    let extent = margin + size * Double(characters.count)
    let squares: [HTML] = cells.compactMap { cell in
      guard let row = indices[cell.truth], let column = indices[cell.predicted] else { return nil }
      // The square root keeps rare mistakes visible beside the frequent ones.
      let opacity = cell.truth == cell.predicted ? 1 : max(0.12, (cell.share / worst).squareRoot())
      return """
        <rect class="\(cell.truth == cell.predicted ? "right" : "wrong")" x="\(margin + column * size)" \
        y="\(margin + row * size)" width="\(size - 1)" height="\(size - 1)" fill-opacity="\(opacity)">\
        <title>\(sentence(cell))</title></rect>
        """
    }
    let labels: [HTML] = characters.enumerated().map { index, character in
      let middle = margin + (Double(index) + 0.5) * size
      return """
        <text x="\(margin - 6)" y="\(middle + 4)" text-anchor="end">\(shown(character))</text>
        <text x="\(middle)" y="\(margin - 6)" text-anchor="middle">\(shown(character))</text>
        """
    }
    return """
      <figure><figcaption>Rows: true characters. Columns: predicted characters. The stronger a square's colour, the \
      larger the fraction of the row's character predicted so; the strongest is \(percent(worst)). Gray squares \
      are correct predictions.</figcaption>
      <div class="scroll"><svg class="matrix" style="min-width:\(Int(extent * 0.8))px" viewBox="0 0 \(extent) \(extent)" \
      role="img" aria-label="Confusion matrix; the table below says the same in numbers">
      \(labels)
      \(squares)
      </svg></div></figure>
      """
  }

  private func sentence(_ cell: ConfusionShareRow) -> String {
    let outcome = cell.truth == cell.predicted ? "correct" : "predicted as \(shown(cell.predicted))"
    let truth = shown(cell.truth)
    return "\(truth) \(outcome): \(counted(cell.count, "time")), \(percent(cell.share)) of all \(truth)"
  }
}

/// A character as text; "end" past a label's end.
func shown(_ character: String) -> String { character.isEmpty ? "end" : character }
