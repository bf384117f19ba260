import Foundation

/// An error that ends a command. Its description says what was wrong and where.
package protocol ReportedError: Error, CustomStringConvertible {
  var exitStatus: ExitStatus { get }
  /// What to do about it; nil where the description says so itself.
  var advice: String? { get }
  /// The error that this one wraps; nil where there is none.
  var cause: (any ReportedError)? { get }
}

extension ReportedError {
  package var exitStatus: ExitStatus { cause?.exitStatus ?? .badData }
  package var advice: String? { cause?.advice }
  package var cause: (any ReportedError)? { nil }
}

/// An error as a user sees it.
package struct ErrorReport: Sendable {
  package let status: ExitStatus
  /// What was wrong, where, and what to do about it.
  package let message: String

  package init(_ error: any Error) {
    let reported = error as? any ReportedError
    status = reported?.exitStatus ?? .badData
    message = "\(error)" + (reported?.advice.map { "; " + $0 } ?? "")
  }
}

/// The exit codes of `sysexits.h`, and the shell's for an interrupt. There is one more: 78 ends a program compiled for
/// another CPU, before any Swift code runs (`CInstructionSet`).
package enum ExitStatus: Int32, Sendable {
  case wrongUsage = 64
  case badData = 65
  case noInput = 66
  case cannotCreate = 73
  case inputOutput = 74
  case busy = 75
  case interrupted = 130
}

extension FileError: ReportedError {
  package var exitStatus: ExitStatus {
    switch (operation, code) {
    case (_, ENOSPC), (_, EDQUOT), (_, EIO), (_, EMFILE), (_, ENFILE), (_, ENOMEM): .inputOutput
    case (.open, _): .noInput
    case (.create, _), (.createDirectory, _), (.lock, _): .cannotCreate
    default: .inputOutput
    }
  }

  package var advice: String? {
    switch (operation, code) {
    case (_, ENOSPC), (_, EDQUOT): "free some space there and run the command again"
    case (.create, EACCES), (.create, EROFS), (.create, EPERM), (.createDirectory, EACCES), (.createDirectory, EROFS),
      (.createDirectory, EPERM):
      "allow writing there, or choose another path"
    case (.createDirectory, ENOTDIR): "choose another path"
    default: nil
    }
  }
}
