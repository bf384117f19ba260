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
}

extension Pipeline {
  /// Makes a model the one whose weights training begins with.
  /// - Throws: `ModelFileError.mismatch` where it is not of the kind that is to be trained.
  func adoptInitialModel(_ path: String, for model: ModelDescription) throws {
    try checkFit(of: ModelFile(contentsOf: path), path: path, to: model)
    let bytes = try ReadableFile.contents(of: path)
    guard try workspace.initialModelHash() != ContentHash(of: bytes) else { return }
    try writeDurably(bytes, to: workspace.initialModelPath, in: fileSystem)
  }

  /// The model whose weights training begins with; nil where they are drawn.
  func initialModel(for model: ModelDescription) throws -> (file: ModelFile, hash: ContentHash)? {
    guard let hash = try workspace.initialModelHash() else { return nil }
    let file = try ModelFile(contentsOf: workspace.initialModelPath)
    try checkFit(of: file, path: workspace.initialModelPath, to: model)
    return (file, hash)
  }

  private func checkFit(of file: ModelFile, path: String, to model: ModelDescription) throws {
    var differences = file.description.differences(from: model)
    if differences.isEmpty && file.description != model {
      differences = ["it is \(file.description.name) with other layers than those to be trained"]
    }
    guard differences.isEmpty else { throw ModelFileError.mismatch(path: path, differences: differences) }
  }
}
