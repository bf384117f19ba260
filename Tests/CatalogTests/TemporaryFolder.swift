import Foundation

/// A folder that is deleted with this value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "catalog-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a catalog in this folder.
  func catalog(_ name: String = "catalog") -> String { path + "/" + name + ".sqlite" }
}
