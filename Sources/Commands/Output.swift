import ArgumentParser
import Files
import Foundation
import Images

/// Writes a line of a command's result on standard output.
/// - Throws: `ExitCode`, after a message, where it cannot be written: a lost result is a failure.
func output(_ line: String) throws(ExitCode) {
  do throws(FileError) {
    try write(line + "\n", to: STDOUT_FILENO, named: "standard output")
  } catch {
    printFailure("\(error)")
    throw ExitCode(.inputOutput)
  }
}

/// Writes one JSON document on standard output, its keys in alphabetical order.
func outputJSON(_ value: some Encodable, isOneLine: Bool = false) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if !isOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
  encoder.keyEncodingStrategy = .convertToSnakeCase
  try output(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// All bytes of standard input.
/// - Throws: `ImageError.fileTooLarge`, or `FileError` where it cannot be read.
func standardInput() throws -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR { continue }
      throw FileError(.read, path: "standard input", code: errno)
    }
    bytes += buffer[..<count]
    guard bytes.count <= ImageFile.byteCountMax else { throw ImageError.fileTooLarge(path: "standard input") }
  }
}

/// Writes a message on standard error. If that fails, the command goes on.
func printError(_ text: String, terminator: String = "\n") {
  try? write(text + terminator, to: STDERR_FILENO, named: "standard error")
}

/// Writes an error on standard error.
func printFailure(_ text: String) { printError("\(TextStyle.bad.applied(to: "error:", on: STDERR_FILENO)) \(text)") }

/// Writes a note on standard error.
func printNote(_ text: String) { printError("\(TextStyle.warning.applied(to: "note:", on: STDERR_FILENO)) \(text)") }

private func write(_ text: String, to descriptor: Int32, named name: String) throws(FileError) {
  let bytes = Array(text.utf8)
  let result = bytes.withUnsafeBytes { bytes in
    Result { () throws(FileError) in try SystemFileSystem().write(bytes, to: descriptor, path: name) }
  }
  try result.get()
}

/// Occupies the standard streams that the caller closed. Otherwise the next opened file, such as a shard, would get the
/// descriptor of one, and messages would be written into it.
func occupyClosedStreams() {
  for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
    // `open` takes the lowest free descriptor, which is this one. Opened in the wrong direction, it still fails in use.
    _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
  }
}
