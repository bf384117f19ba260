import Files

/// The label that a file's name begins with: `AB12` of `AB12_anything.png` and of `AB12.png`; nil where it has none. The
/// rest of the name need not be UTF-8.
package func label(ofFile path: FilePath) -> String? {
  let name = path.name
  let end = name.firstIndex(of: UInt8(ascii: "_")) ?? name.lastIndex(of: UInt8(ascii: ".")) ?? name.endIndex
  return end == name.startIndex ? nil : String(validating: name[..<end], as: UTF8.self)
}
