import Files
import Foundation

/// Arrays of 32-bit floats and a table of texts in one file: the safetensors format (huggingface/safetensors, README,
/// "Format"): 8 bytes of little-endian header length, a JSON header, then the arrays end to end. Keys are written
/// sorted, so the same content always gives the same bytes.
package struct Safetensors: Sendable, Equatable {
  package struct Tensor: Sendable, Equatable {
    package let shape: [Int]
    /// 32-bit floats, little-endian, row-major; of a tensor that was read, a piece of the file's own bytes.
    package let bytes: ArraySlice<UInt8>

    package var count: Int { bytes.count / MemoryLayout<Float>.size }

    package var values: [Float] {
      [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
        if let address = buffer.baseAddress { copyValues(to: address) }
        initializedCount = count
      }
    }

    /// - Parameter destination: [count]
    package func copyValues(to destination: UnsafeMutablePointer<Float>) {
      UnsafeMutableRawBufferPointer(start: destination, count: bytes.count).copyBytes(from: bytes)
    }
  }

  package let tensors: [String: Tensor]
  package let metadata: [String: String]

  /// The largest header, the format's own limit.
  private static let headerByteCountMax = 100_000_000

  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var dataOffsets: [Int]

    private enum CodingKeys: String, CodingKey {
      case dtype, shape
      case dataOffsets = "data_offsets"
    }
  }

  private enum HeaderValue: Codable {
    case entry(Entry)
    case metadata([String: String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      self = try (try? .entry(container.decode(Entry.self))) ?? .metadata(container.decode([String: String].self))
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .entry(let entry): try container.encode(entry)
      case .metadata(let texts): try container.encode(texts)
      }
    }
  }

  /// The file's bytes.
  package func encoded() throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tensors.values.reduce(1 << 16) { $0 + $1.bytes.count })
    try forEachPiece { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Passes the file's bytes to `body`, one piece after the other.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Void) throws {
    try Self.header(shapes: tensors.mapValues(\.shape), metadata: metadata).withUnsafeBytes(body)
    for (_, tensor) in tensors.sorted(by: { $0.key < $1.key }) { tensor.bytes.withUnsafeBytes(body) }
  }

  /// A file's bytes up to its arrays, which follow in the order of their names.
  static func header(shapes: [String: [Int]], metadata: [String: String]) throws -> [UInt8] {
    var header = ["__metadata__": HeaderValue.metadata(metadata)]
    var offset = 0
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      let end = offset + shape.reduce(1, *) * MemoryLayout<Float>.size
      header[name] = .entry(Entry(dtype: "F32", shape: shape, dataOffsets: [offset, end]))
      offset = end
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = [UInt8](try encoder.encode(header))
    // Readers map the arrays in place, so they must start at a multiple of 8.
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { [UInt8]($0) } + text
  }
}

extension Safetensors.Tensor {
  package init(shape: [Int], values: UnsafeBufferPointer<Float>) {
    self.init(shape: shape, bytes: [UInt8](UnsafeRawBufferPointer(values))[...])
  }
}

extension Safetensors {
  /// The bytes of a file.
  /// - Throws: `ModelFileError.file`.
  static func bytes(of path: String) throws(ModelFileError) -> [UInt8] {
    do {
      return try ReadableFile.contents(of: path)
    } catch {
      throw .file(error)
    }
  }

  /// - Throws: `ModelFileError.damaged` where the bytes are not a whole safetensors file of 32-bit floats.
  package init(bytes: [UInt8], path: String) throws(ModelFileError) {
    func damaged(_ reason: String) -> ModelFileError { .damaged(path: path, reason: reason) }
    guard bytes.count >= 8 else { throw damaged("it has \(bytes.count) bytes, fewer than the 8 of the header length") }
    let headerByteCount = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard headerByteCount <= Self.headerByteCountMax && Int(headerByteCount) <= bytes.count - 8 else {
      throw damaged("its header claims \(headerByteCount) bytes and the file has \(bytes.count)")
    }
    let start = 8 + Int(headerByteCount)
    guard let header = try? JSONDecoder().decode([String: HeaderValue].self, from: Data(bytes[8..<start])) else {
      throw damaged("its header is not the JSON of a safetensors file")
    }
    var tensors: [String: Tensor] = [:]
    var metadata: [String: String] = [:]
    for (name, value) in header {
      switch value {
      case .metadata(let texts):
        guard name == "__metadata__" else { throw damaged("'\(name)' has no type, shape and data offsets") }
        metadata = texts
      case .entry(let entry):
        guard entry.dtype == "F32" else { throw damaged("'\(name)' is \(entry.dtype); only F32 is read") }
        guard entry.dataOffsets.count == 2, let first = entry.dataOffsets.first, let end = entry.dataOffsets.last,
          0 <= first && first <= end
        else { throw damaged("'\(name)' has impossible data offsets") }
        guard end <= bytes.count - start else {
          throw damaged("it is cut short: its arrays end after byte \(bytes.count)")
        }
        var count = 1
        for size in entry.shape {
          let (product, overflow) = count.multipliedReportingOverflow(by: size)
          guard size >= 0 && !overflow else { throw damaged("'\(name)' has an impossible shape") }
          count = product
        }
        guard (end - first) % 4 == 0 && (end - first) / 4 == count else {
          throw damaged("'\(name)' has \(end - first) bytes for the shape \(entry.shape)")
        }
        tensors[name] = Tensor(shape: entry.shape, bytes: bytes[(start + first)..<(start + end)])
      }
    }
    self.init(tensors: tensors, metadata: metadata)
  }
}
