import Files
import Foundation

/// The paths that were given as arguments of the command. In `arguments`, the wrong bytes of a path that is not UTF-8 have
/// become U+FFFD, so such a path is taken from the process's own arguments.
func filePaths(ofArguments arguments: [String]) -> [FilePath] {
  guard arguments.contains(where: { $0.contains("\u{FFFD}") }) else { return arguments.map { FilePath($0) } }
  var originals: [String: [FilePath]] = [:]
  for argument in UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)) {
    guard let argument else { continue }
    // SAFETY: the system's argument strings end with a zero byte and live as long as the process.
    let bytes = UnsafeBufferPointer(start: argument, count: strlen(argument)).map { UInt8(bitPattern: $0) }
    originals[String(decoding: bytes, as: UTF8.self), default: []].append(FilePath(bytes: bytes))
  }
  return arguments.map { argument in
    guard let path = originals[argument]?.first else { return FilePath(argument) }
    originals[argument]?.removeFirst()
    return path
  }
}
