import Catalog
import Samples

/// Accuracy over confidence. On the diagonal, the model is calibrated.
struct CalibrationChart {
  let bins: [CalibrationRow]
  let error: Double

  private let size = 300.0
  private let left = 56.0
  private let bottom = 40.0

  var html: HTML {
    func x(_ fraction: Double) -> Double { left + fraction * (size - left - 10) }
    func y(_ fraction: Double) -> Double { size - bottom - fraction * (size - bottom - 10) }
    let marks: [HTML] = [0, 0.5, 1].map { fraction in
      """
      <line class="grid" x1="\(x(0))" y1="\(y(fraction))" x2="\(x(1))" y2="\(y(fraction))"/>
      <text x="\(left - 6)" y="\(y(fraction) + 4)" text-anchor="end">\(percent(fraction, decimals: 0))</text>
      <text x="\(x(fraction))" y="\(size - bottom + 16)" text-anchor="\(fraction == 1 ? "end" : "middle")">\
      \(percent(fraction, decimals: 0))</text>
      """
    }
    let most = Double(bins.map(\.images).max() ?? 1)
    let dots: [HTML] = bins.map { bin in
      """
      <circle class="dot" cx="\(x(bin.meanConfidence))" cy="\(y(bin.accuracy))" \
      r="\(3 + 6 * (Double(bin.images) / most).squareRoot())"><title>confidence \
      \(percent(bin.low, decimals: 0)) to \(percent(bin.high, decimals: 0)): \(counted(bin.images, "image")), \
      image accuracy \(percent(bin.accuracy))</title></circle>
      """
    }
    return """
      <figure><figcaption>Image accuracy (vertical) by confidence (horizontal). On the line, the model is calibrated; \
      below it, overconfident. Larger dots have more images. Expected calibration error: \(percent(error)).</figcaption>
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
      head: ["confidence", "images", "mean confidence", "image accuracy"],
      rows: bins.map { bin in
        [
          "\(percent(bin.low, decimals: 0)) to \(percent(bin.high, decimals: 0))", "\(bin.images)",
          percent(bin.meanConfidence), percent(bin.accuracy),
        ]
      })
  }
}
