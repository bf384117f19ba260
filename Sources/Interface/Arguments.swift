import Files
import Foundation
import Samples
import Workers

extension FilePath {
  /// The path of a C program.
  init(_ path: UnsafePointer<CChar>) {
    self.init(bytes: UnsafeBufferPointer(start: path, count: strlen(path)).lazy.map { UInt8(bitPattern: $0) })
  }
}

extension Split {
  /// - Throws: `InterfaceError` where there is no such split.
  init(named name: UnsafePointer<CChar>) throws {
    let text = String(cString: name)
    guard let split = Split(rawValue: text) else {
      throw InterfaceError("there is no split \(text), only \(Split.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self = split
  }
}

/// The number of threads that a C program asks for; nil for the default.
func threadCount(_ threads: Int32) throws -> Int? {
  guard threads >= 0 else { throw InterfaceError("\(threads) threads are impossible") }
  return threads == 0 ? nil : Int(threads)
}

/// A number of a C program.
/// - Throws: `InterfaceError` where it is not in `range`.
func number(_ value: UInt64, named name: String, in range: ClosedRange<Int>) throws -> Int {
  guard let number = Int(exactly: value), range.contains(number) else {
    throw InterfaceError("\(name) is \(value), allowed: \(range.lowerBound) to \(range.upperBound)")
  }
  return number
}
