import Files
import Foundation
import Network

extension Workspace {
  /// The model whose weights training starts from. The trained model depends on it, so a copy stays in the workspace.
  package var initialModelPath: String { path + "/initial.safetensors" }

  /// The hash of the initial model's file; nil without one.
  func initialModelHash() throws(FileError) -> ContentHash? {
    guard FileManager.default.fileExists(atPath: initialModelPath) else { return nil }
    return ContentHash(of: try ReadableFile.contents(of: initialModelPath))
  }

  /// The model whose weights training starts from; nil to start from random weights.
  /// - Throws: `ModelFileError`; `mismatch` where it differs from the model that is to be trained.
  func initialModel(for model: ModelDescription) throws -> ModelFile? {
    guard FileManager.default.fileExists(atPath: initialModelPath) else { return nil }
    return try Self.initialModel(initialModelPath, for: model)
  }

  /// Copies a model into the workspace as the initial model.
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
      differences = ["its layers are not those of the \(model.name) that is to be trained"]
    }
    guard differences.isEmpty else { throw ModelFileError.mismatch(path: path, differences: differences) }
    return file
  }
}
