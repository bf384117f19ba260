import Catalog
import Samples

/// The confusion matrix over all positions, a row for each true character. Colour tells the mistakes apart: the strongest
/// is the most frequent mistake, and right answers, which outnumber all mistakes, stay out of that scale.
struct HeatMap {
  /// In the order of rows and columns.
  let characters: [String]
  let cells: [ConfusionShareRow]

  private let size = 14.0
  private let margin = 22.0

  var html: HTML {
    let places = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, Double($0)) })
    let worst = cells.filter { $0.truth != $0.predicted }.map(\.share).max() ?? 1
    let extent = margin + size * Double(characters.count)
    let squares: [HTML] = cells.compactMap { cell in
      guard let row = places[cell.truth], let column = places[cell.predicted] else { return nil }
      // The square root keeps rare mistakes visible beside the frequent ones.
      let opacity = cell.truth == cell.predicted ? 1 : max(0.12, (cell.share / worst).squareRoot())
      return """
        <rect class="\(cell.truth == cell.predicted ? "right" : "wrong")" x="\(margin + column * size)" \
        y="\(margin + row * size)" width="\(size - 1)" height="\(size - 1)" fill-opacity="\(opacity)">\
        <title>\(sentence(cell))</title></rect>
        """
    }
    let labels: [HTML] = characters.enumerated().map { place, character in
      let middle = margin + (Double(place) + 0.5) * size
      return """
        <text x="\(margin - 6)" y="\(middle + 4)" text-anchor="end">\(shown(character))</text>
        <text x="\(middle)" y="\(margin - 6)" text-anchor="middle">\(shown(character))</text>
        """
    }
    return """
      <figure><figcaption>Rows: what is written. Columns: what was read. The stronger a square's colour, the larger the part \
      of the row's character that was read so; the strongest stands for \(percent(worst)). Gray squares are right \
      answers.</figcaption>
      <div class="scroll"><svg class="matrix" style="min-width:\(Int(extent * 0.8))px" viewBox="0 0 \(extent) \(extent)" \
      role="img" aria-label="Confusion matrix; the table below says the same in numbers">
      \(labels)
      \(squares)
      </svg></div></figure>
      """
  }

  private func sentence(_ cell: ConfusionShareRow) -> String {
    let verb = cell.truth == cell.predicted ? "read right" : "read as \(shown(cell.predicted))"
    return "\(shown(cell.truth)) \(verb): \(cell.count) times, \(percent(cell.share)) of all \(shown(cell.truth))"
  }
}

/// A character as it is shown; past a label's end there is none.
func shown(_ character: String) -> String { character.isEmpty ? "end" : character }
