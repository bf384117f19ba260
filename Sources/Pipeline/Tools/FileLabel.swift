/// The label that a file's name begins with: `AB12` of `AB12_anything.png` and of `AB12.png`; nil where it has none.
package func label(ofFile path: String) -> String? {
  let name = path.split(separator: "/").last ?? ""
  let text = String(name[..<(name.firstIndex(of: "_") ?? name.lastIndex(of: ".") ?? name.endIndex)])
  return text.isEmpty ? nil : text
}
