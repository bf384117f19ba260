import Faults
import Files
import Foundation
import Network
import Specs
import Testing
import crashtest

/// A pipeline so small that it can be broken at each of its operations. Two shards, and a checkpoint that
/// is removed again.
let crashSpec = """
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

  @Test func whatIsCutOffIsMadeGood() throws {
    let (folder, sweep) = try Self.sweep()
    let operations = stride(from: 1, through: sweep.operationCount, by: 1)
    for loss in DiskContents.Loss.allCases { #expect(try sweep.cutOff(loss, at: operations).map(\.description) == []) }
    _ = folder
  }

  /// A disk that is full or broken: the command ends with a message that names the operation and the file, and with the
  /// exit code for it.
  @Test(arguments: [(EIO, 1), (ENOSPC, 2)]) func errorsOfTheDiskAreToldAndMadeGood(code: Int32, first: Int) throws {
    let (folder, sweep) = try Self.sweep()
    let path = folder.path
    let findings = try sweep.fail(with: code, at: stride(from: first, through: sweep.operationCount, by: 2)) { error in
      let message = "\(error)"
      let status = (error as? any ReportedError)?.exitStatus ?? .badData
      if ![.cannotCreate, .inputOutput].contains(status) { return "exit code \(status.rawValue)" }
      return message.contains(path) && message.hasPrefix("cannot ") ? nil : "no operation or path"
    }
    #expect(findings.map(\.description) == [])
  }
}
