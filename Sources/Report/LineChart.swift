import Foundation

/// One or more lines over a common horizontal axis, as SVG.
struct LineChart {
  struct Line {
    let name: String
    /// Places without a value leave the line out.
    let points: [(x: Double, y: Double?)]
  }

  let title: String
  let horizontal: String
  let lines: [Line]
  /// Powers of ten are the same distance apart.
  var isLogarithmic = false

  private let width = 640.0
  private let height = 220.0
  private let left = 64.0
  private let right = 12.0
  private let top = 12.0
  private let bottom = 42.0

  /// Empty where no line has two values.
  var html: HTML {
    let values = lines.flatMap(\.points).compactMap(\.y).filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    guard values.count > 1, let low = values.min(), let high = values.max(), let end = lines[0].points.last?.x, end > 0
    else { return "" }
    let scale = Scale(low: low, high: high, isLogarithmic: isLogarithmic)
    func x(_ value: Double) -> Double { left + value / end * (width - left - right) }
    func y(_ value: Double) -> Double { height - bottom - scale.share(value) * (height - top - bottom) }
    let grid: [HTML] = scale.ticks.map { tick in
      """
      <line class="grid" x1="\(left)" y1="\(y(tick))" x2="\(width - right)" y2="\(y(tick))"/>
      <text x="\(left - 6)" y="\(y(tick) + 4)" text-anchor="end">\(short(tick))</text>
      """
    }
    let marks: [HTML] = [0, 0.25, 0.5, 0.75, 1].map { share in
      // The last one would run over the edge.
      let anchor = share == 1 ? "end" : "middle"
      return """
        <text x="\(x(share * end))" y="\(height - bottom + 16)" text-anchor="\(anchor)">\(short(share * end))</text>
        """
    }
    let paths: [HTML] = lines.enumerated().map { number, line in
      let points = line.points.compactMap { point -> String? in
        guard let value = point.y, value.isFinite, !isLogarithmic || value > 0 else { return nil }
        return String(format: "%.1f,%.1f", x(point.x), y(value))
      }
      return "<polyline class=\"line line\(number)\" points=\"\(points.joined(separator: " "))\"/>"
    }
    return """
      <figure><figcaption>\(title)\(legend)</figcaption>
      <svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title)">
      \(grid)
      \(marks)
      <text x="\(width - right)" y="\(height - 4)" text-anchor="end">\(horizontal)</text>
      \(paths)
      </svg></figure>
      """
  }

  private var legend: HTML {
    guard lines.count > 1 else { return "" }
    let names: [HTML] = lines.enumerated().map { number, line in "<span class=\"key line\(number)\">\(line.name)</span>"
    }
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
      // The axis ends at the marks around the values.
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

  /// The next of 1, 2, 5, 10, ... from `raw` up.
  private static func step(for raw: Double) -> Double {
    let power = pow(10, log10(raw).rounded(.down))
    return ([1, 2, 5].first { $0 * power >= raw } ?? 10) * power
  }

  /// Where a value is between the axis's ends: 0 ... 1.
  func share(_ value: Double) -> Double {
    isLogarithmic ? log(value / low) / max(log(high / low), 1e-9) : (value - low) / (high - low)
  }
}

/// A number in few characters: 240k, 0.004, 1.5M.
func short(_ number: Double) -> String {
  switch abs(number) {
  case 1e6...: String(format: "%gM", (number / 1e4).rounded() / 100)
  case 1e4...: String(format: "%gk", (number / 100).rounded() / 10)
  default: String(format: "%.4g", number)
  }
}
