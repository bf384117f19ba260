import Catalog
import Samples

/// Accuracies with their 95 % intervals, a row each, as a chart and as a table.
struct IntervalChart {
  let title: String
  let rows: [TallyRow]

  private let width = 640.0
  private let left = 64.0
  private let right = 76.0
  private let rowHeight = 17.0

  var html: HTML {
    let intervals = rows.map { WilsonInterval(successes: $0.correct, trials: $0.count) }
    // The axis starts at the lowest interval, rounded down to 5 %, so that its five ticks are whole percents.
    let start = ((intervals.map(\.low).min() ?? 0) * 20).rounded(.down) / 20
    let height = rowHeight * Double(rows.count) + 30
    func x(_ accuracy: Double) -> Double { left + (accuracy - start) / max(1 - start, 1e-9) * (width - left - right) }
    let grid: [HTML] = (0...5).map { fifth in
      let tick = start + Double(fifth) / 5 * (1 - start)
      return """
        <line class="grid" x1="\(x(tick))" y1="0" x2="\(x(tick))" y2="\(height - 20)"/>
        <text x="\(x(tick))" y="\(height - 4)" text-anchor="middle">\(percent(tick, decimals: 0))</text>
        """
    }
    let marks: [HTML] = zip(rows, intervals).enumerated().map { index, pair in
      let (row, interval) = pair
      let middle = (Double(index) + 0.5) * rowHeight + 2
      let accuracy = Double(row.correct) / Double(row.count)
      return """
        <text x="\(left - 10)" y="\(middle + 4)" text-anchor="end">\(shown(row.name))</text>
        <line class="interval" x1="\(x(interval.low))" y1="\(middle)" x2="\(x(interval.high))" y2="\(middle)"/>
        <circle class="dot" cx="\(x(accuracy))" cy="\(middle)" r="3.5"/>
        <text x="\(width - 4)" y="\(middle + 4)" text-anchor="end">\(percent(accuracy))</text>
        """
    }
    return """
      <figure><figcaption>\(title), with 95 % intervals</figcaption>
      <svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title); the table below says the same in numbers">
      \(grid)
      \(marks)
      </svg></figure>
      \(table)
      """
  }

  private var table: HTML {
    foldedTable(
      head: ["", "correct", "of", "accuracy", "95 % interval"],
      rows: rows.map { row in
        let interval = WilsonInterval(successes: row.correct, trials: row.count)
        return [
          shown(row.name), "\(row.correct)", "\(row.count)", percent(Double(row.correct) / Double(row.count)),
          "\(percent(interval.low)) to \(percent(interval.high))",
        ]
      })
  }
}
