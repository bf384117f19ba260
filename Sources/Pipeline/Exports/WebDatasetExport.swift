import Files
import Foundation
import Images
import Samples

extension SplitExport {
  /// A loader gives whole tar files to its worker processes and shuffles the files, so a split should have several. A
  /// usual sample takes 5 KB, so such a file has 25 MB: opening or downloading one takes little beside reading it.
  package static let samplesPerTarDefault = 5_000

  /// Writes a folder of tar files in the format of the Python package `webdataset`, and a dataset card, `README.md`.
  /// Each sample is two entries, `INDEX.png` and `INDEX.json`, in the order of the samples. The files have the same
  /// bytes for any number of threads.
  /// - Parameter version: Of this program, for the card.
  /// - Returns: The number of tar files.
  /// - Throws: `PipelineError.folderExists` where the folder exists already, `stale` where the samples were made for
  ///   another spec, which the card would describe wrongly.
  package func writeWebDataset(to folder: String, samplesPerTar: Int, version: String) throws -> Int {
    let card = try DatasetCard(of: self, samplesPerTar: samplesPerTar, version: version)
    try makeFolder(folder) { partial in
      var samples = encoded { try WebDatasetSample($0, of: $1) }
      for number in 0..<card.tarCount {
        var tar = try TarWriter(partial + "/\(split.rawValue)-\(padded(number, digitCount: 6)).tar")
        var count = 0
        while count < samplesPerTar, let sample = try samples.next() {
          try tar.append(sample.key + ".png", sample.image)
          try tar.append(sample.key + ".json", sample.fields)
          count += 1
        }
        try tar.finish()
      }
      try writeDurably(Array(card.text.utf8), to: partial + "/README.md")
    }
    return card.tarCount
  }
}

/// The entries of a sample in a tar file.
private struct WebDatasetSample: Sendable {
  private struct Fields: Encodable {
    let index: UInt64
    let label: String
    let charset: String
    let seed: UInt64
  }

  /// Readers join entries whose names are equal up to the first dot.
  let key: String
  /// A PNG file.
  let image: [UInt8]
  /// A JSON object on one line.
  let fields: [UInt8]

  init(_ sample: Sample, of charset: Alphabet) throws {
    // A split has at most 1,000,000,000 samples, so the names sort like the indices.
    key = padded(Int(sample.index), digitCount: 9)
    image = try PNGWriter.encode(sample.image)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    fields = Array(
      try encoder.encode(
        Fields(
          index: sample.index, label: charset.text(of: sample.label), charset: charset.text, seed: sample.seed)))
  }
}
