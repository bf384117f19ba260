import ArgumentParser
import Files
import Foundation
import Images

/// Writes a line of a command's result on standard output.
/// - Throws: `ExitCode`, after a message, where it cannot be written: a result that is lost is no success.
func output(_ line: String) throws(ExitCode) {
  do throws(FileError) {
    try write(line + "\n", to: STDOUT_FILENO, named: "standard output")
  } catch {
    printFailure("\(error)")
    throw ExitCode(.inputOutput)
  }
}

/// Writes one JSON document on standard output; keys are in a fixed order, the alphabet's.
func outputJSON(_ value: some Encodable, isOneLine: Bool = false) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if !isOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
  encoder.keyEncodingStrategy = .convertToSnakeCase
  try output(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// All that there is on standard input.
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

/// Tells a person on standard error. Where nobody can be told, the work goes on.
func printError(_ text: String, terminator: String = "\n") {
  try? write(text + terminator, to: STDERR_FILENO, named: "standard error")
}

/// Tells a person what went wrong.
func printFailure(_ text: String) { printError("\(TextStyle.bad.applied(to: "error:", on: STDERR_FILENO)) \(text)") }

/// Tells a person what is good to know.
func printNote(_ text: String) { printError("\(TextStyle.warning.applied(to: "note:", on: STDERR_FILENO)) \(text)") }

private func write(_ text: String, to descriptor: Int32, named name: String) throws(FileError) {
  let bytes = Array(text.utf8)
  let result = bytes.withUnsafeBytes { bytes in
    Result { () throws(FileError) in try SystemFileSystem().write(bytes, to: descriptor, path: name) }
  }
  try result.get()
}

/// Occupies the standard streams that the caller closed. Otherwise the next file to be opened, a shard perhaps, would get
/// such a number, and what is meant for people would be written into it.
func occupyClosedStreams() {
  for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
    // The lowest free number is taken, which is this one. It is opened the wrong way round: using it fails as before.
    _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
  }
}
