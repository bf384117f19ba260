import Catalog
import Files
import Foundation
import Samples

/// The folder with one pipeline's results.
package struct Workspace: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// The default workspace of a pipeline, `runs/NAME`.
  package init(forPipeline name: String) { self.init(path: "runs/" + name) }

  package var catalogPath: String { path + "/catalog.sqlite" }
  package var shardsPath: String { path + "/shards" }
  package var checkpointsPath: String { path + "/checkpoints" }
  package var modelPath: String { path + "/model.safetensors" }
  package var reportPath: String { path + "/report.html" }
  /// The catalog, opened for reading; nil where nothing is recorded yet.
  func recordedCatalog() throws(CatalogError) -> Catalog? {
    guard FileManager.default.fileExists(atPath: catalogPath) else { return nil }
    // A writer on another machine may have a write-ahead log, whose index in shared memory is not this machine's.
    if let writer = LockHolder(inFile: lockPath), !writer.sharesMemory { return try copiedCatalog() }
    do {
      return try Catalog(catalogPath, for: .read)
    } catch .empty {
      return nil
    } catch .notReadableInPlace {
      return try copiedCatalog()
    }
  }

  /// The catalog, opened from a copy of its files; the lock is held meanwhile, so that no command writes them.
  private func copiedCatalog() throws(CatalogError) -> Catalog? {
    let lock: LockFile
    do throws(LockError) {
      lock = try LockFile(lockPath)
    } catch {
      if case .file(let error) = error { throw .file(error) }
      throw .notReadableNow(path: catalogPath, error)
    }
    return try withExtendedLifetime(lock) { () throws(CatalogError) -> Catalog? in
      do throws(CatalogError) {
        return try Catalog(catalogPath, for: .readCopy)
      } catch .empty {
        return nil
      }
    }
  }

  private var lockPath: String { path + "/lock" }

  /// Whether a process of any machine holds the lock. On a network file system, it may take a while until this machine
  /// sees it.
  func isLocked(by holder: LockHolder) -> Bool {
    for _ in 0..<40 {
      // Without the kernel's locks, the lock is the other file (`LockFile`).
      if [lockPath, lockPath + ".holder"].contains(where: { LockHolder(inFile: $0) == holder }) { return true }
      usleep(250_000)
    }
    return false
  }

  /// A shard's name in the catalog: its path relative to the workspace.
  package func shardFile(_ split: Split, number: Int) -> String {
    "shards/\(split.rawValue)-\(padded(number, digitCount: 5)).shard.zst"
  }

  package func path(ofFile file: String) -> String { path + "/" + file }

  func checkpointPath(step: Int) -> String {
    "\(checkpointsPath)/step-\(padded(step, digitCount: 9)).safetensors"
  }

  /// A path within the workspace, relative to it.
  func file(ofPath path: String) -> String { String(path.dropFirst(self.path.count + 1)) }

  /// Creates missing folders and locks the workspace as long as the returned lock exists.
  /// - Throws: `FileError`, or `LockError.held` where another command works in it.
  func prepare(in fileSystem: any FileSystem, as kind: LockFile.Kind = .exclusive) throws -> LockFile {
    for folder in [path, shardsPath, checkpointsPath] { try fileSystem.createDirectory(folder) }
    return try LockFile(lockPath, kind)
  }

  /// Removes the partial files that a killed writer left.
  func removePartialFiles(in fileSystem: any FileSystem) throws {
    for folder in [path, shardsPath, checkpointsPath] {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder)
      where name.hasSuffix(DurableFile.temporarySuffix) {
        try fileSystem.remove(folder + "/" + name)
      }
    }
  }
}

/// A number with leading zeros, so that names sort like numbers.
func padded(_ number: Int, digitCount: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
}
