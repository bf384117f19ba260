import Foundation

/// Colours on a terminal; none elsewhere, or where `NO_COLOR` (no-color.org) is set.
enum TextStyle: String {
  case good = "32"
  case warning = "33"
  case bad = "31"
  case quiet = "2"

  /// The text in this style, if `descriptor` is a terminal that shows styles.
  func applied(to text: String, on descriptor: Int32 = STDOUT_FILENO) -> String {
    Self.isShown(on: descriptor) ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }

  private static func isShown(on descriptor: Int32) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    return environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb" && isatty(descriptor) == 1
  }
}
