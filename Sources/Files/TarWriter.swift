import Foundation

/// A tar file in the POSIX format ustar (POSIX.1-2017, pax, "ustar Interchange Format"). Its bytes depend on the names and
/// contents alone: every entry is a regular file of mode 644, of user and group 0, last modified at second 0 of 1970.
/// The file is not synced.
///
/// A library would write the same, but libarchive takes 4 ms to load, at each start of any command.
package struct TarWriter: ~Copyable {
  private static let blockByteCount = 512

  private let files = SystemFileSystem()
  private let path: String
  private let descriptor: Int32

  /// Creates or empties the file.
  package init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = try files.create(path)
  }

  deinit { files.close(descriptor) }

  /// - Parameter name: At most 100 ASCII characters.
  /// - Precondition: the content has less than 8 GiB.
  package mutating func append(_ name: String, _ bytes: [UInt8]) throws(FileError) {
    let padding = (Self.blockByteCount - bytes.count % Self.blockByteCount) % Self.blockByteCount
    try write(Self.header(name, byteCount: bytes.count) + bytes + [UInt8](repeating: 0, count: padding))
  }

  /// Writes the end of the file.
  package consuming func finish() throws(FileError) {
    try write([UInt8](repeating: 0, count: 2 * Self.blockByteCount))
  }

  private func write(_ bytes: [UInt8]) throws(FileError) {
    try files.write(bytes, to: descriptor, path: path)
  }

  private static func header(_ name: String, byteCount: Int) -> [UInt8] {
    precondition(name.utf8.count <= 100 && byteCount < 1 << 33)
    var header: [UInt8] = []
    func field(_ text: String, _ width: Int) {
      header += text.utf8
      header += repeatElement(0, count: width - text.utf8.count)
    }
    /// Octal digits that fill the field but for a zero byte.
    func field(_ number: Int, _ width: Int) {
      let digits = String(number, radix: 8)
      field(String(repeating: "0", count: width - 1 - digits.count) + digits, width)
    }
    field(name, 100)
    for number in [0o644, 0, 0] { field(number, 8) }  // mode, user, group
    field(byteCount, 12)
    field(0, 12)  // time of modification
    let checksum = header.count..<header.count + 8
    field(String(repeating: " ", count: 8), 8)
    field("0", 1)  // a regular file
    field("", 100)  // target of a link
    field("ustar", 6)
    field("00", 2)  // version
    field("", 64)  // names of user and group
    for number in [0, 0] { field(number, 8) }  // device
    field("", blockByteCount - header.count)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    header.replaceSubrange(
      checksum, with: Array((String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\0 ").utf8))
    return header
  }
}
