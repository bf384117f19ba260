/// A value as a field of comma-separated values (RFC 4180).
package func csvField(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return text }
  return "\"" + text.replacing("\"", with: "\"\"") + "\""
}
