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

/// The exit codes of `sysexits.h`, and the shell's for an interrupt.
private enum Failure {
  static let badData: Int32 = 65
  static let noInput: Int32 = 66
  static let cannotCreate: Int32 = 73
  static let inputOutput: Int32 = 74
  static let busy: Int32 = 75
  static let interrupted: Int32 = 130
}

/// Runs a command's work: turns an error into one message and an exit code, and Ctrl-C into a stop at the next safe point.
/// - Parameter resumeWith: The command that goes on after a stop.
func reportingErrors<Value>(resumeWith command: String, _ body: (Cancellation) throws -> Value) throws -> Value {
  let cancellation = Cancellation()
  let signals = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      // A second request is not to be argued with.
      if cancellation.isCancelled { _exit(Failure.interrupted) }
      cancellation.cancel()
      FileHandle.standardError.write(Data("\nstopping at the next safe point; once more stops at once\n".utf8))
    }
    source.resume()
    return source
  }
  defer { for source in signals { source.cancel() } }
  do {
    return try body(cancellation)
  } catch is Interrupted {
    print(error: "stopped; this goes on from here: \(command)")
    throw ExitCode(Failure.interrupted)
  } catch {
    print(error: "error: \(error)")
    throw ExitCode(exitCode(of: error))
  }
}

private func print(error text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

private func exitCode(of error: any Error) -> Int32 {
  switch error {
  case let error as FileError: exitCode(of: error)
  case let error as SpecError:
    if case .unreadable(let error) = error.problem { exitCode(of: error) } else { Failure.badData }
  case GeneratorError.file(let error), ImageError.file(let error), ModelFileError.file(let error),
    ShardError.file(let error), LockError.file(let error):
    exitCode(of: error)
  case LoaderError.shard(.file(let error)): exitCode(of: error)
  case GeneratorError.fontNotFound: Failure.noInput
  case let error as CatalogError: exitCode(of: error)
  case LockError.held: Failure.busy
  case PipelineError.missing: Failure.noInput
  default: Failure.badData
  }
}

private func exitCode(of error: FileError) -> Int32 {
  switch (error.operation, error.code) {
  case (.open, ENOENT), (.open, ENOTDIR), (.open, EISDIR): Failure.noInput
  case (.open, EACCES), (.open, EROFS), (.open, EPERM), (.createDirectory, _): Failure.cannotCreate
  default: Failure.inputOutput
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
