import Files
import Network
import ONNX

/// Writes a model as an ONNX file.
/// - Parameters:
///   - cardPath: Where to write a model card; nil for none.
///   - version: Of this program, for the card.
/// - Throws: `ModelFileError`, `FileError` where a file cannot be written, or `CatalogError` where the card's facts
///   cannot be read.
package func exportONNX(modelPath: String, to path: String, cardPath: String?, version: String) throws {
  let model = try ModelFile(contentsOf: modelPath)
  let card = try cardPath.map { cardPath in
    let workspace = Workspace(path: parentDirectory(of: modelPath))
    return (path: cardPath, text: try ModelCard(of: model, catalog: workspace.recordedCatalog(), version: version).text)
  }
  try writeDurably(model.encodedAsONNX(), to: path)
  if let card { try writeDurably(Array(card.text.utf8), to: card.path) }
}
