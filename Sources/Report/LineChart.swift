import Foundation

/// A chart of one or more lines over the number of training images, as SVG.
struct LineChart {
  struct Line {
    let name: String
    /// Points without a value are left out.
    let points: [(x: Double, y: Double?)]
  }

  let title: String
  let lines: [Line]
  /// Whether the vertical axis is logarithmic.
  var isLogarithmic = false
  /// Formats the numbers of the vertical axis.
  var format: (Double) -> String = short

  /// The most points of a line that are drawn as dots, too.
  private let dottedPointCountMax = 40
  private let width = 640.0
  private let height = 220.0
  private let left = 64.0
  private let right = 12.0
  private let top = 12.0
  private let bottom = 42.0

  /// Empty where the lines have fewer than two values.
  var html: HTML {
    let lines = lines.map { Line(name: $0.name, points: $0.points.filter(isShown)) }.filter { !$0.points.isEmpty }
    let values = lines.flatMap(\.points).compactMap(\.y)
    guard values.count > 1, let low = values.min(), let high = values.max(),
      let end = lines.compactMap(\.points.last?.x).max(), end > 0
    else { return "" }
    let scale = Scale(low: low, high: high, isLogarithmic: isLogarithmic)
    func x(_ value: Double) -> Double { left + value / end * (width - left - right) }
    func y(_ value: Double) -> Double { height - bottom - scale.fraction(value) * (height - top - bottom) }
    let grid: [HTML] = scale.ticks.map { tick in
      """
      <line class="grid" x1="\(left)" y1="\(y(tick))" x2="\(width - right)" y2="\(y(tick))"/>
      <text x="\(left - 6)" y="\(y(tick) + 4)" text-anchor="end">\(format(tick))</text>
      """
    }
    let marks: [HTML] = stride(from: 0, through: end, by: Scale.step(for: end / 5)).map { mark in
      // A centred text at the end would cross the edge.
      let anchor = mark > 0.98 * end ? "end" : "middle"
      return """
        <text x="\(x(mark))" y="\(height - bottom + 16)" text-anchor="\(anchor)">\(short(mark))</text>
        """
    }
    let drawn: [HTML] = lines.enumerated().map { number, line in
      draw(line.points.map { (x($0.x), y($0.y ?? low)) }, number: number)
    }
    return """
      <figure><figcaption>\(title)\(legend(of: lines))</figcaption>
      <svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title); the table below says the same in numbers">
      \(grid)
      \(marks)
      <text x="\(width - right)" y="\(height - 4)" text-anchor="end">training images</text>
      \(drawn)
      </svg></figure>
      """
  }

  private func isShown(_ point: (x: Double, y: Double?)) -> Bool {
    guard let value = point.y else { return false }
    return value.isFinite && (!isLogarithmic || value > 0)
  }

  /// - Parameter points: In coordinates of the SVG image.
  private func draw(_ points: [(x: Double, y: Double)], number: Int) -> HTML {
    let path = points.map { String(format: "%.1f,%.1f", $0.x, $0.y) }.joined(separator: " ")
    let dots: [HTML] =
      points.count > dottedPointCountMax
      ? [] : points.map { "<circle class=\"dot\(number)\" cx=\"\($0.x)\" cy=\"\($0.y)\" r=\"3\"/>" }
    return "<polyline class=\"line line\(number)\" points=\"\(path)\"/>\(dots)"
  }

  private func legend(of lines: [Line]) -> HTML {
    guard lines.count > 1 else { return "" }
    let names: [HTML] = lines.enumerated().map { "<span class=\"key line\($0)\">\($1.name)</span>" }
    return " \(names)"
  }
}

/// The vertical axis of a chart.
struct Scale {
  let ticks: [Double]
  private let low: Double
  private let high: Double
  private let isLogarithmic: Bool

  init(low: Double, high: Double, isLogarithmic: Bool) {
    self.isLogarithmic = isLogarithmic
    if isLogarithmic {
      let exponents = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
      let marks = exponents.flatMap { exponent in [1, 2, 5].map { $0 * pow(10, Double(exponent)) } }
      // The axis ends at the nearest marks outside the values.
      let ends = (marks.last { $0 <= low } ?? low, marks.first { $0 >= high } ?? high)
      (self.low, self.high) = ends
      ticks = marks.filter { $0 >= ends.0 && $0 <= ends.1 }
    } else {
      self.low = 0
      let step = Self.step(for: max(high, .leastNormalMagnitude) / 4)
      self.high = max((high / step).rounded(.up), 1) * step
      ticks = Array(stride(from: 0, through: self.high + step / 2, by: step))
    }
  }

  /// The smallest of 1, 2, 2.5, 5, times a power of ten, that is at least `raw`.
  static func step(for raw: Double) -> Double {
    let power = pow(10, log10(raw).rounded(.down))
    return ([1, 2, 2.5, 5].first { $0 * power >= raw } ?? 10) * power
  }

  /// The position of a value on the axis: 0 ... 1.
  func fraction(_ value: Double) -> Double {
    isLogarithmic ? log(value / low) / max(log(high / low), 1e-9) : (value - low) / (high - low)
  }
}

/// A number as short text, such as 240k, 0.004 or 1.5M.
func short(_ number: Double) -> String {
  switch abs(number) {
  case 1e6...: String(format: "%gM", (number / 1e4).rounded() / 100)
  case 1e4...: String(format: "%gk", (number / 100).rounded() / 10)
  default: String(format: "%.4g", number)
  }
}
