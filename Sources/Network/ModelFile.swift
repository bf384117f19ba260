import Files
import Samples
import Specs

/// A trained model as a safetensors file: its parameters by name, and in the metadata everything else that inference
/// needs.
package struct ModelFile: Sendable {
  package let description: ModelDescription
  package let tensors: [String: Safetensors.Tensor]
  /// nil for a model that was not read from a file.
  private var readBytes: [UInt8]?

  /// Metadata key of the checksum. Any bytes are valid arrays: only the checksum detects damage.
  private static let checksumKey = "crc32"

  package init(_ description: ModelDescription, tensors: [String: Safetensors.Tensor]) {
    self.description = description
    self.tensors = tensors
  }

  /// The file's bytes: those that were read, or the model encoded. The same model always gives the same bytes.
  package func encoded() throws -> [UInt8] {
    if let readBytes { return readBytes }
    var metadata = description.metadata
    metadata[Self.checksumKey] = try Self.checksum(of: description, tensors).description
    return try Safetensors(tensors: tensors, metadata: metadata).encoded()
  }

  /// The checksum of the file as it is without this checksum.
  private static func checksum(
    of description: ModelDescription, _ tensors: [String: Safetensors.Tensor]
  ) throws -> Checksum {
    // Piece by piece, to avoid another copy of the file in memory.
    try Checksum(ofPieces: Safetensors(tensors: tensors, metadata: description.metadata).forEachPiece)
  }

  /// - Throws: `ModelFileError` where the file is unreadable, damaged, or not a model of this program.
  package init(contentsOf path: String) throws(ModelFileError) {
    let bytes = try Safetensors.bytes(of: path)
    try self.init(try Safetensors(bytes: bytes, path: path), path: path)
    readBytes = bytes
  }

  /// The SHA-256 of the file.
  package func hash() throws -> ContentHash { ContentHash(of: try encoded()) }

  /// - Throws: `ModelFileError.damaged` where `file`, read from `path`, is not a model of this program.
  package init(_ file: Safetensors, path: String) throws(ModelFileError) {
    guard let description = ModelDescription(metadata: file.metadata) else {
      throw .damaged(path: path, reason: "its metadata does not describe a model")
    }
    self.description = description
    let plan: NetworkPlan
    do {
      plan = try NetworkPlan(description)
    } catch {
      throw .damaged(path: path, reason: "its layers do not fit together: \(error)")
    }
    for declaration in plan.layers.flatMap(\.parameters) {
      guard let tensor = file.tensors[declaration.name], tensor.shape == declaration.shape else {
        throw .damaged(path: path, reason: "it has no array '\(declaration.name)' of shape \(declaration.shape)")
      }
    }
    tensors = file.tensors
    let checksum = try? Self.checksum(of: description, tensors).description
    guard file.metadata[Self.checksumKey] == checksum else {
      throw .damaged(path: path, reason: "its content does not match the checksum in its metadata")
    }
  }
}

extension Parameters {
  /// Every parameter by name.
  package var tensors: [String: Safetensors.Tensor] {
    Dictionary(
      uniqueKeysWithValues: list.map {
        ($0.name, Safetensors.Tensor(shape: $0.shape, values: UnsafeBufferPointer(self[$0])))
      })
  }

  /// Takes every parameter from `tensors`, or none.
  /// - Returns: The name of the first parameter that is missing there or has another shape, nil where all were taken.
  package func load(_ tensors: [String: Safetensors.Tensor]) -> String? {
    if let misfit = list.first(where: { tensors[$0.name]?.shape != $0.shape }) { return misfit.name }
    for parameter in list { tensors[parameter.name]?.copyValues(to: values.floats + parameter.offset) }
    return nil
  }
}

extension ModelDescription {
  private static let format = "glyphline model 1"
  private static let preprocessing = "1 - pixel / 255"

  /// The description as the texts of a safetensors file's metadata.
  package var metadata: [String: String] {
    [
      "format": Self.format, "model": name, "charset": alphabet.text, "length": Self.text(lengths),
      "width": String(input.width), "height": String(input.height), "color": input.format.name,
      "preprocessing": Self.preprocessing, "loss": loss.rawValue,
      "layers": layers.map(\.text).joined(separator: "\n"),
    ]
  }

  /// Reads the description from `metadata`, which may have other keys; nil where a value is missing or invalid.
  package init?(metadata: [String: String]) {
    func number(_ key: String, _ range: ClosedRange<Int>) -> Int? {
      metadata[key].flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil }
    }
    guard metadata["format"] == Self.format, metadata["preprocessing"] == Self.preprocessing,
      let format = PixelFormat.allCases.first(where: { $0.name == metadata["color"] }), let name = metadata["model"],
      let loss = metadata["loss"].flatMap({ LossName(rawValue: $0) }),
      let alphabet = metadata["charset"].flatMap({ try? Alphabet($0) }),
      let lengths = metadata["length"].flatMap({ Self.lengths($0) }),
      let width = number("width", 1...1024), let height = number("height", 1...512),
      let lines = metadata["layers"]?.split(separator: "\n"), !lines.isEmpty && lines.count <= 1000
    else { return nil }
    let layers = lines.compactMap { LayerDescription(text: String($0)) }
    guard layers.count == lines.count else { return nil }
    self.init(
      name: name, input: Geometry(width: width, height: height, format: format), alphabet: alphabet, lengths: lengths,
      loss: loss, layers: layers)
  }

  /// One number, or two with a dash between them.
  private static func text(_ lengths: ClosedRange<Int>) -> String {
    lengths.count == 1 ? "\(lengths.lowerBound)" : "\(lengths.lowerBound)-\(lengths.upperBound)"
  }

  private static func lengths(_ text: String) -> ClosedRange<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard (1...2).contains(ends.count), let low = ends.first, let high = ends.last,
      1 <= low && low <= high && high <= 16
    else { return nil }
    return low...high
  }

  /// How the data of this model differs from that of `other`, in words; empty where it does not.
  package func differences(from other: ModelDescription) -> [String] {
    var differences: [String] = []
    if input != other.input {
      differences.append("it takes \(Self.words(for: input)), the data has \(Self.words(for: other.input))")
    }
    if lengths != other.lengths {
      differences.append("its text length is \(Self.text(lengths)), the data has \(Self.text(other.lengths))")
    }
    if alphabet != other.alphabet {
      differences.append("its charset is '\(alphabet.text)', the data has '\(other.alphabet.text)'")
    }
    return differences
  }

  private static func words(for input: Geometry) -> String {
    "\(input.format.name) images of \(input.width)x\(input.height)"
  }
}
