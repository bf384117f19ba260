import CZstd

/// Why a frame cannot be used, mostly in libzstd's words.
package struct ZstdError: Error, Equatable {
  package let message: String

  /// libzstd returns a byte count or an error code in one number.
  static func check(_ result: Int) throws(ZstdError) -> Int {
    guard ZSTD_isError(result) == 0 else { throw ZstdError(message: String(cString: ZSTD_getErrorName(result))) }
    return result
  }
}

/// A Zstandard frame that holds `content`, with content size and content checksum.
///
/// Each frame gets its own context: what a context compressed before can change the bytes (zstd issue 1241), and shards
/// must not depend on which thread compressed which block. For a block of 64 images of 160x60, the cost of a context is
/// not measurable beside 2.5 ms of compression.
package func zstdFrame(of content: [UInt8], level: Int) -> [UInt8] {
  guard let context = ZSTD_createCCtx() else { preconditionFailure("out of memory") }
  defer { ZSTD_freeCCtx(context) }
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  if level == 1 { tuneForDifferences(context) }
  // SAFETY: libzstd writes at most `buffer.count` bytes, and returns how many.
  return [UInt8](unsafeUninitializedCapacity: zstdFrameByteCountMax(contentByteCount: content.count)) {
    buffer, byteCount in
    byteCount = ZSTD_compress2(context, buffer.baseAddress, buffer.count, content, content.count)
    // The buffer fits any content, so only memory can run out, and Swift's arrays trap then too.
    precondition(ZSTD_isError(byteCount) == 0, "out of memory")
  }
}

/// Tunes level 1 for filtered pixels, whose matches are few and near: 4 characters of 160x60 in gray then take 14.6 µs
/// and 3,069 bytes instead of 20.6 µs and 2,963. A hash table of 2^9 slots fits the first cache, and the search takes
/// larger steps where it finds nothing.
private func tuneForDifferences(_ context: OpaquePointer) {
  ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 9)
  ZSTD_CCtx_setParameter(context, ZSTD_c_targetLength, 4)
  // With such steps libzstd stores literals uncompressed, unless `ZSTD_c_literalCompressionMode`, a name for statically
  // linked programs only, is 1: always Huffman codes.
  ZSTD_CCtx_setParameter(context, ZSTD_c_experimentalParam5, 1)
}

/// The most bytes of a frame that `zstdFrame` makes from this much content.
func zstdFrameByteCountMax(contentByteCount: Int) -> Int { ZSTD_compressBound(contentByteCount) }

/// The head of a Zstandard frame (RFC 8878, section 3.1.1).
struct ZstdFrameHead {
  /// Bytes of the frame, as its block headers give them.
  let byteCount: Int
  /// Bytes of its content, if the frame declares them.
  let contentByteCount: UInt64
  let hasChecksum: Bool

  private static let checksumByteCount = 4
  private static let descriptorOffset = 4
  private static let checksumFlag: UInt8 = 0x04

  /// - Parameter bytes: begin with a frame.
  init(_ bytes: RawSpan) throws(ZstdError) {
    // SAFETY: libzstd reads at most the byte count that it is given, and keeps no pointer.
    byteCount = try bytes.withUnsafeBytes { bytes throws(ZstdError) in
      try ZstdError.check(ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count))
    }
    contentByteCount = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    // libzstd found a whole frame, so there are more bytes than these five.
    hasChecksum = bytes.integer(at: Self.descriptorOffset, as: UInt8.self) & Self.checksumFlag != 0
  }

  /// The last bytes of `frame`: low 32 bits of the content's XXH64, where the frame has a checksum.
  static func checksum(of frame: RawSpan) -> UInt32 { frame.integer(at: frame.byteCount - checksumByteCount) }
}

/// Decompresses frames, one at a time.
package struct ZstdDecompressor: ~Copyable {
  private let context: OpaquePointer

  package init() {
    guard let context = ZSTD_createDCtx() else { preconditionFailure("out of memory") }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Decompresses `frame` into `content` and checks its checksum. Allocates no memory for any window of the frame.
  /// - Throws: `ZstdError` also where the frame's content is longer or shorter than `content`.
  package mutating func decompress(_ frame: [UInt8], into content: inout [UInt8]) throws(ZstdError) {
    let capacity = content.count
    // SAFETY: libzstd reads and writes at most the byte counts that it is given, and keeps no pointer for the next
    // frame.
    let result = ZSTD_decompressDCtx(context, &content, capacity, frame, frame.count)
    guard try ZstdError.check(result) == capacity else { throw ZstdError(message: "the content is too short") }
  }
}
