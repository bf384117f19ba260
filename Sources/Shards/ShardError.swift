import Files
import Samples

/// Why a shard could not be written or read, and where.
package enum ShardError: Error, Equatable, CustomStringConvertible {
  /// The operating system failed.
  case file(FileError)
  /// The file is not a complete, undamaged shard. Frame 0 is the header, frame n + 1 is block n, the last frame is the
  /// seek table; `byteOffset` is where the frame starts in the file.
  case damaged(path: String, frame: Int, byteOffset: Int, ShardFault)

  package var description: String {
    switch self {
    case .file(let error): error.description
    case .damaged(let path, let frame, let byteOffset, let fault):
      "\(path): frame \(frame) at byte \(byteOffset): \(fault)"
    }
  }
}

/// What is wrong with a frame of a shard.
package enum ShardFault: Error, Equatable, CustomStringConvertible {
  /// The file ends inside the frame.
  case truncated(missingByteCount: Int)
  case notAShard
  case unsupportedVersion(UInt32)
  case wrongHeaderHash
  case impossibleHeader(ShardHeaderError)
  /// A value of the seek table contradicts the header or the frames.
  case wrongSeekTable(field: String, found: UInt64, expected: UInt64)
  /// The frame's head does not describe a block of this shard.
  case wrongFrame(String)
  /// Zstandard could not decompress the block, or its checksum is wrong; the message is Zstandard's.
  case undecodable(String)
  /// The seek table and the frame give different checksums.
  case wrongChecksum
  /// A field of a record has an impossible value; `number` is the record's index in the shard.
  case impossibleRecord(number: Int, field: String, value: UInt64)

  /// Whether it affects one block alone, so that the others can be read.
  package var isOfOneBlock: Bool {
    switch self {
    case .wrongFrame, .undecodable, .wrongChecksum, .impossibleRecord: true
    case .truncated, .notAShard, .unsupportedVersion, .wrongHeaderHash, .impossibleHeader, .wrongSeekTable: false
    }
  }

  package var description: String {
    switch self {
    case .truncated(let missing): "the file is cut short by \(counted(missing, "byte"))"
    case .notAShard: "this is not a shard"
    case .unsupportedVersion(let version):
      "the shard has format version \(version); this program reads version \(HeaderLayout.version)"
    case .wrongHeaderHash: "the header is damaged: its SHA-256 does not match"
    case .impossibleHeader(let error): "the header is invalid: \(error)"
    case .wrongSeekTable(let field, let found, let expected):
      "the seek table is damaged: \(field) is \(found), expected \(expected)"
    case .wrongFrame(let difference): "the block is damaged: \(difference)"
    case .undecodable(let message): "the block is damaged: \(message)"
    case .wrongChecksum: "the block is damaged: its checksum is not the one in the seek table"
    case .impossibleRecord(let number, let field, let value):
      "record \(number) is invalid: \(field) is \(value)"
    }
  }
}

extension ShardError: ReportedError {
  package var cause: (any ReportedError)? { if case .file(let error) = self { error } else { nil } }
}
