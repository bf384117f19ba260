import ArgumentParser
import Catalog
import Dispatch
import Files
import Foundation
import Generator
import Images
import Loader
import Network
import Pipeline
import Shards
import Specs
import Workers

/// The exit codes of `sysexits.h`, and the shell's for an interrupt. One more, 78, ends a program that was compiled for
/// another CPU, before any code of this module runs (`CInstructionSet`).
enum Failure {
  static let badData: Int32 = 65
  static let noInput: Int32 = 66
  static let cannotCreate: Int32 = 73
  static let inputOutput: Int32 = 74
  static let busy: Int32 = 75
  static let interrupted: Int32 = 130
}

/// Runs a command's work: turns an error into one message and an exit code, and Ctrl-C into a stop at the next safe point.
/// - Parameter resumeWith: The command that goes on after a stop; nil where there is nothing to go on with.
func reportingErrors<Value>(resumeWith command: [String]? = nil, _ body: (Cancellation) throws -> Value) throws -> Value
{
  let cancellation = Cancellation()
  let signals = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      // A second request is not to be argued with.
      if cancellation.isCancelled { _exit(Failure.interrupted) }
      cancellation.cancel()
      printError("\nstopping at the next safe point; once more stops at once")
    }
    source.resume()
    return source
  }
  defer { for source in signals { source.cancel() } }
  do {
    return try body(cancellation)
  } catch is Interrupted {
    printError(command.map { "stopped; this goes on from here: \(shellText(of: $0))" } ?? "stopped")
    throw ExitCode(Failure.interrupted)
  } catch let exitCode as ExitCode {
    // What led to it was said.
    throw exitCode
  } catch {
    let advice = fileError(in: error).flatMap(advice).map { "; " + $0 } ?? ""
    printFailure("\(error)\(advice)")
    throw ExitCode(exitCode(of: error))
  }
}

/// The exit code that stands for an error.
package func exitCode(of error: any Error) -> Int32 {
  if let error = fileError(in: error) { return exitCode(of: error) }
  return switch error {
  case GeneratorError.fontNotFound, PipelineError.missing, PipelineError.noImages: Failure.noInput
  case PipelineError.folderExists: Failure.cannotCreate
  case GeneratorError.inSpec(_, let error): exitCode(of: error)
  case LockError.held: Failure.busy
  case let error as CatalogError: exitCode(of: error)
  default: Failure.badData
  }
}

/// The failure of the operating system that `error` wraps.
private func fileError(in error: any Error) -> FileError? {
  switch error {
  case let error as FileError: error
  case let error as SpecError:
    if case .unreadable(let error) = error.problem { error } else { nil }
  case GeneratorError.inSpec(_, let error): fileError(in: error)
  case GeneratorError.file(let error), ImageError.file(let error), ModelFileError.file(let error),
    ShardError.file(let error), LockError.file(let error), LoaderError.shard(.file(let error)),
    PipelineError.unusableShards(.shard(.file(let error))):
    error
  default: nil
  }
}

private func exitCode(of error: FileError) -> Int32 {
  switch (error.operation, error.code) {
  case (_, ENOSPC), (_, EDQUOT), (_, EIO), (_, EMFILE), (_, ENFILE), (_, ENOMEM): Failure.inputOutput
  case (.open, _): Failure.noInput
  case (.create, _), (.createDirectory, _), (.lock, _): Failure.cannotCreate
  default: Failure.inputOutput
  }
}

/// What a person can do about it, where the message does not say it by itself.
private func advice(on error: FileError) -> String? {
  switch (error.operation, error.code) {
  case (_, ENOSPC), (_, EDQUOT): "make room there and run the command again"
  case (.create, EACCES), (.create, EROFS), (.create, EPERM), (.createDirectory, EACCES), (.createDirectory, EROFS),
    (.createDirectory, EPERM):
    "allow writing there or choose another place"
  case (.createDirectory, ENOTDIR): "choose another place"
  default: nil
  }
}

private func exitCode(of error: CatalogError) -> Int32 {
  guard case .failed(let failure) = error else { return Failure.badData }
  return switch failure.reason {
  case .cannotOpen, .readOnly: Failure.cannotCreate
  case .busy: Failure.busy
  case .full, .inputOutput: Failure.inputOutput
  case .corrupt, .constraint, .other: Failure.badData
  }
}
