import CFuzzer
import Foundation
import FuzzTargets

/// Searches for inputs that break a reader: `fuzz TARGET [libFuzzer's options] CORPUS...`.
@main
enum Fuzz {
  // SAFETY: written once, before the search begins.
  private nonisolated(unsafe) static var target = FuzzTarget.shard

  static func main() {
    guard CommandLine.arguments.count > 1, let chosen = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
      let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
      FileHandle.standardError.write(Data("fuzz: the first argument is one of \(names)\n".utf8))
      exit(64)
    }
    target = chosen
    var arguments = ([CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)).map { strdup($0) } + [nil]
    var count = Int32(arguments.count - 1)
    arguments.withUnsafeMutableBufferPointer { arguments in
      var start = arguments.baseAddress
      exit(
        LLVMFuzzerRunDriver(&count, &start) { data, byteCount in
          Fuzz.target.read(Array(UnsafeBufferPointer(start: data, count: byteCount)))
          return 0
        })
    }
  }
}
