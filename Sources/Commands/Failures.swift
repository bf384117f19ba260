import ArgumentParser
import Dispatch
import Files
import Foundation
import Workers

/// Runs a command's work. Turns errors into a message and an exit code, and Ctrl-C, SIGTERM or the end of the terminal
/// (SIGHUP) into a stop at the next safe point.
/// - Parameters:
///   - resumeWith: The command that resumes the work after a stop; nil where nothing can be resumed.
///   - isSilent: Whether another process prints all messages.
func stoppingSafely<Value>(
  resumeWith command: [String]? = nil, isSilent: Bool = false, _ body: (Cancellation) throws -> Value
) throws -> Value {
  let cancellation = Cancellation()
  // `nohup` lets a program ignore the end of its terminal.
  let signals = ([SIGINT, SIGTERM] + (isIgnored(SIGHUP) ? [] : [SIGHUP])).map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      if cancellation.isCancelled {
        // A terminal that closes may send its signal twice: the kernel does, and the shell.
        if number == SIGHUP { return }
        _exit(ExitStatus.interrupted.rawValue)
      }
      cancellation.cancel()
      if isSilent { return }
      printError("\nstopping at the next safe point; press Ctrl-C again to stop at once")
    }
    source.resume()
    return source
  }
  defer { for source in signals { source.cancel() } }
  do {
    return try reportingErrors(isSilent: isSilent) { try body(cancellation) }
  } catch is Interrupted {
    if !isSilent { printError(command.map { "stopped; resume with: \(shellText(of: $0))" } ?? "stopped") }
    throw ExitCode(ExitStatus.interrupted)
  }
}

private func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  guard sigaction(number, nil, &action) == 0 else { return false }
  // SAFETY: both are pointers to C functions, or null, of which Swift compares only the bits.
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}

/// Runs a command's work: turns an error into one message and an exit code. Ctrl-C ends the program at once.
/// - Parameter isSilent: Whether another process prints the message.
func reportingErrors<Value>(isSilent: Bool = false, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as Interrupted {
    throw error
  } catch let exitCode as ExitCode {
    // Its cause has been printed already.
    throw exitCode
  } catch {
    let report = ErrorReport(error)
    if !isSilent { printFailure(report.message) }
    throw ExitCode(report.status)
  }
}

extension ExitCode {
  init(_ status: ExitStatus) { self.init(status.rawValue) }
}
