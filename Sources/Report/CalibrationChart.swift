import Catalog
import Samples

/// Accuracy over confidence: on the diagonal, the model is as sure as it should be.
struct CalibrationChart {
  let bins: [CalibrationRow]
  let error: Double

  private let size = 300.0
  private let left = 56.0
  private let bottom = 40.0

  var html: HTML {
    func x(_ share: Double) -> Double { left + share * (size - left - 10) }
    func y(_ share: Double) -> Double { size - bottom - share * (size - bottom - 10) }
    let marks: [HTML] = [0, 0.5, 1].map { share in
      """
      <line class="grid" x1="\(x(0))" y1="\(y(share))" x2="\(x(1))" y2="\(y(share))"/>
      <text x="\(left - 6)" y="\(y(share) + 4)" text-anchor="end">\(percent(share, decimals: 0))</text>
      <text x="\(x(share))" y="\(size - bottom + 16)" text-anchor="\(share == 1 ? "end" : "middle")">\(percent(share, decimals: 0))</text>
      """
    }
    let most = Double(bins.map(\.images).max() ?? 1)
    let dots: [HTML] = bins.map { bin in
      """
      <circle class="dot" cx="\(x(bin.meanConfidence))" cy="\(y(bin.accuracy))" \
      r="\(3 + 6 * (Double(bin.images) / most).squareRoot())"><title>confidence \
      \(percent(bin.low, decimals: 0)) to \(percent(bin.high, decimals: 0)): \(bin.images) images, \
      \(percent(bin.accuracy)) right</title></circle>
      """
    }
    return """
      <figure><figcaption>How often it was right (upwards), by how sure it was (to the right). A dot on the line: as sure \
      as it should be; below it: too sure. The larger the dot, the more images. Expected calibration error: \
      \(percent(error)).</figcaption>
      <svg class="square" viewBox="0 0 \(size) \(size)" role="img" \
      aria-label="Accuracy by confidence; the table below says the same in numbers">
      \(marks)
      <line class="diagonal" x1="\(x(0))" y1="\(y(0))" x2="\(x(1))" y2="\(y(1))"/>
      \(dots)
      </svg></figure>
      \(table)
      """
  }

  private var table: HTML {
    foldedTable(
      "Table", head: ["confidence", "images", "mean confidence", "right"],
      rows: bins.map { bin in
        [
          "\(percent(bin.low, decimals: 0)) to \(percent(bin.high, decimals: 0))", "\(bin.images)",
          percent(bin.meanConfidence), percent(bin.accuracy),
        ]
      })
  }
}
