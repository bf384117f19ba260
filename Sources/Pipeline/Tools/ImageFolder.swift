import Files
import Foundation

/// The image files of a folder, without its subfolders, sorted by name.
/// - Throws: `FileError` where the folder cannot be listed, `PipelineError.noImages` where it has no image files.
package func imageFiles(inFolder folder: String) throws -> [String] {
  let names = try contents(ofFolder: folder)
  let images = names.filter { name in
    let name = name.lowercased()
    return [".png", ".jpg", ".jpeg"].contains { name.hasSuffix($0) }
  }
  guard !images.isEmpty else { throw PipelineError.noImages(folder: folder) }
  return images.sorted().map { folder.hasSuffix("/") ? folder + $0 : folder + "/" + $0 }
}
