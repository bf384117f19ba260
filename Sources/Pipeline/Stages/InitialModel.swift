import Files
import Foundation
import Network

extension Workspace {
  /// The model whose weights training begins with, if there is this file. It is part of what the trained model is a
  /// function of, so it stays in the workspace.
  package var initialModelPath: String { path + "/initial.safetensors" }

  /// The hash of the initial model's file; nil where there is none.
  func initialModelHash() throws(FileError) -> ContentHash? {
    guard FileManager.default.fileExists(atPath: initialModelPath) else { return nil }
    return ContentHash(of: try ReadableFile.contents(of: initialModelPath))
  }

  /// The model whose weights training begins with; nil where they are drawn.
  /// - Throws: `ModelFileError`, `mismatch` where it is not of the kind that is to be trained.
  func initialModel(for model: ModelDescription) throws -> ModelFile? {
    guard FileManager.default.fileExists(atPath: initialModelPath) else { return nil }
    return try Self.initialModel(initialModelPath, for: model)
  }

  /// Makes a model the one whose weights training begins with.
  /// - Throws: As `initialModel`, and `FileError`.
  func adoptInitialModel(_ path: String, for model: ModelDescription, in fileSystem: any FileSystem) throws {
    let file = try Self.initialModel(path, for: model)
    guard try initialModelHash() != file.hash() else { return }
    try writeDurably(try file.encoded(), to: initialModelPath, in: fileSystem)
  }

  private static func initialModel(_ path: String, for model: ModelDescription) throws -> ModelFile {
    let file = try ModelFile(contentsOf: path)
    var differences = file.description.differences(from: model)
    if differences.isEmpty && file.description != model {
      differences = ["it is \(file.description.name) with other layers than those to be trained"]
    }
    guard differences.isEmpty else { throw ModelFileError.mismatch(path: path, differences: differences) }
    return file
  }
}
