import Faults
import Foundation
import Specs
import Testing
import crashtest
import glyphline

/// A pipeline so small that it can be broken at each of its operations. Two shards, and a checkpoint that
/// is removed again.
private let crashSpec = """
  name: crash
  captcha: {charset: digits, length: 1, width: 32, height: 28}
  datasets: {train: {count: 48}, test: {count: 8}}
  shards: {records: 32, block: 16}
  training: {batch: 16, epochs: 2, checkpoint_every: 2}
  """

/// Files and database are broken at every operation, and the next run makes it good. `make crash` does the same with
/// larger pipelines and single writes.
@Suite struct CrashTests {
  private static func sweep() throws -> (folder: Folder, CrashSweep) {
    let folder = try Folder()
    let spec = try PipelineSpec(yaml: crashSpec, path: "crash.yaml")
    return (folder, try CrashSweep(spec, in: folder.path, countsDatabaseWritesSingly: false))
  }

  @Test(arguments: [FaultyDisk.Fault.kill, .powerLoss, .powerLossKeepingNames])
  func whatIsCutOffIsMadeGood(fault: FaultyDisk.Fault) throws {
    let (folder, sweep) = try Self.sweep()
    for number in 1...sweep.operationCount { try sweep.inject(fault, atOperation: number) }
    _ = folder
  }

  /// A disk that is full or broken: the command ends with a message that names the operation and the file, and with the
  /// exit code for it.
  @Test func errorsOfTheDiskAreToldAndMadeGood() throws {
    let (folder, sweep) = try Self.sweep()
    for number in 1...sweep.operationCount {
      try sweep.inject(.error(number % 2 == 0 ? ENOSPC : EIO), atOperation: number) { error in
        let message = "\(error)"
        if ![73, 74].contains(exitCode(of: error)) { return "exit code \(exitCode(of: error))" }
        return message.contains(folder.path) && message.hasPrefix("cannot ") ? nil : "no operation or path"
      }
    }
  }
}
