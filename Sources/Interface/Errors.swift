// The names are those of the C header, which the compiler compares.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CGlyphline
import Files
import Foundation

/// Wrong use of the interface.
struct InterfaceError: ReportedError {
  let description: String
  var exitStatus: ExitStatus { .wrongUsage }

  init(_ description: String) { self.description = description }
}

private final class ErrorHandle: Handle {
  override class var name: String { "error" }
  let code: Int32
  let message: CStrings

  init(_ error: any Error) {
    let report = ErrorReport(error)
    code = report.status.rawValue
    message = CStrings([report.message])
  }
}

/// Runs the body of a function that can fail.
/// - Returns: The error for the C program; nil if there is none.
func returningError(_ body: () throws -> Void) -> OpaquePointer? {
  do {
    try body()
    return nil
  } catch {
    return ErrorHandle(error).retainedPointer
  }
}

@c @implementation
public func glyphline_error_code(_ error: OpaquePointer!) -> Int32 { error.object(ErrorHandle.self).code }

@c @implementation
public func glyphline_error_message(_ error: OpaquePointer!) -> UnsafePointer<CChar>! {
  error.object(ErrorHandle.self).message.pointers[0]
}

@c @implementation
public func glyphline_error_free(_ error: OpaquePointer!) { error.close(ErrorHandle.self) }
