import Files
import Images
import Samples

/// The name of the table of labels in a folder of images.
let labelTableName = "labels.csv"

extension SplitExport {
  /// Writes a folder of PNG files with a table of their labels, `labels.csv`. A file is named `LABEL_INDEX.png`, or
  /// `INDEX.png` where the label has a character that cannot be in such a name.
  /// - Throws: `PipelineError.folderExists` where the folder exists already.
  package func writeImages(to folder: String) throws {
    try makeFolder(folder) { partial in
      var lines = encoded { sample, charset in try write(sample, charset.text(of: sample.label), to: partial) }
      var table = "file,label\n"
      while let line = try lines.next() { table += line }
      try writeDurably(Array(table.utf8), to: partial + "/" + labelTableName)
    }
  }
}

/// Writes the image of a sample, and returns its line of the table.
private func write(_ sample: Sample, _ label: String, to folder: String) throws -> String {
  let number = padded(Int(sample.index), digitCount: 6)
  let isName = !label.hasPrefix(".") && !label.contains { "/_\0".contains($0) }
  let name = isName ? "\(label)_\(number).png" : "\(number).png"
  try write(try PNGWriter.encode(sample.image), to: folder + "/" + name)
  return "\(csvField(name)),\(csvField(label))\n"
}

/// Writes a file without a sync, since an export can be repeated at any time.
private func write(_ bytes: [UInt8], to path: String) throws {
  let files = SystemFileSystem()
  let descriptor = try files.create(path)
  defer { files.close(descriptor) }
  try files.write(bytes, to: descriptor, path: path)
}
