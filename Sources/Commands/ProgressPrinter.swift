import Foundation
import Pipeline

/// Shows progress on standard error: on a terminal one line that is overwritten, elsewhere a line every ten seconds.
final class ProgressPrinter {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var stageStart: (name: String, done: Int, time: Date)?
  private var lastShown = Date.distantPast
  private var hasOpenLine = false

  /// Seconds between two updates of a stage's progress.
  private var interval: TimeInterval { isTerminal ? 0.1 : 10 }

  func show(_ event: PipelineEvent) {
    switch event {
    case .started(let stage, let reason): line("\(stage): \(reason)")
    case .skipped(let stage, let reason): line("\(stage): done already (\(reason))")
    case .finished(let stage, let summary): line("\(stage): \(summary)")
    case .note(let text): line(text)
    case .progress(let stage, let done, let total, let unit, let detail):
      show(stage: stage, done: done, total: total, unit: unit, detail: detail)
    }
  }

  private func show(stage: String, done: Int, total: Int, unit: String, detail: String) {
    let now = Date()
    guard let start = stageStart, start.name == stage else {
      stageStart = (stage, done, now)
      lastShown = now
      return
    }
    guard now.timeIntervalSince(lastShown) >= interval else { return }
    lastShown = now
    let rate = Double(done - start.done) / max(1e-9, now.timeIntervalSince(start.time))
    let rest = rate > 0 ? duration(Double(total - done) / rate) : "?"
    let percent = 100 * done / max(1, total)
    let text =
      "\(stage): \(percent) % of \(total) \(unit), \(Int(rate)) a second, \(rest) left"
      + (detail.isEmpty ? "" : ", " + detail)
    guard isTerminal else { return line(text) }
    // A line that wraps could not be overwritten.
    write("\r\u{1B}[K" + text.prefix(columnCount - 1))
    hasOpenLine = true
  }

  private func line(_ text: String) {
    finishLine()
    write(text + "\n")
  }

  /// Clears the line that is being overwritten.
  func finishLine() {
    if hasOpenLine { write("\r\u{1B}[K") }
    hasOpenLine = false
  }

  /// The terminal's width; 80 where it is unknown.
  private var columnCount: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
  }

  private func write(_ text: String) { printError(text, terminator: "") }
}

/// A duration such as "45 s", "3 min 20 s" or "2 h 5 min".
private func duration(_ seconds: Double) -> String {
  let seconds = Int(min(seconds, 1e9).rounded())
  if seconds < 60 { return "\(seconds) s" }
  if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
  return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
}
