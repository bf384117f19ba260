import CWebP
import Samples

/// Decodes the first frame of WebP files, by libwebp. They are RGB.
enum WebPReader: ImageReader {
  static func recognizes(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8)
  }

  /// Around a frame that is smaller than the file's canvas, pixels are transparent, or black where the file says that it
  /// has no transparent ones, as in Pillow.
  static func decode(_ bytes: [UInt8], path: String, pixelCountMax: Int) throws(ImageError) -> LoadedImage {
    try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
      // SAFETY: libwebp reads from `buffer`, which outlives the demuxer and the iterator.
      var data = WebPData(bytes: buffer.baseAddress, size: buffer.count)
      guard let demuxer = WebPDemux(&data) else {
        throw .corrupt(path: path, format: "WebP", reason: "its chunks are damaged or cut off")
      }
      defer { WebPDemuxDelete(demuxer) }
      let width = Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH))
      let height = Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT))
      try ImageFile.checkSize(width: width, height: height, path: path, pixelCountMax: pixelCountMax)
      let geometry = Geometry(width: width, height: height, format: .rgb)
      let hasAlpha = WebPDemuxGetI(demuxer, WEBP_FF_FORMAT_FLAGS) & ALPHA_FLAG.rawValue != 0
      let canvas = try canvas(of: demuxer, geometry, channelCount: hasAlpha ? 4 : 3, path: path)
      var loaded =
        hasAlpha ? .onGround(canvas, geometry) : LoadedImage(image: Image(geometry: geometry, pixels: canvas))
      if WebPDemuxGetI(demuxer, WEBP_FF_FRAME_COUNT) > 1 { loaded.remarks.append(.firstFrame) }
      return loaded
    }
  }

  /// The first frame on the canvas: [height, width, channel].
  private static func canvas(
    of demuxer: OpaquePointer, _ geometry: Geometry, channelCount: Int, path: String
  ) throws(ImageError) -> [UInt8] {
    let failure = ImageError.corrupt(path: path, format: "WebP", reason: "its pixels cannot be decoded")
    var frame = WebPIterator()
    guard WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else { throw failure }
    defer { WebPDemuxReleaseIterator(&frame) }
    let (left, top) = (Int(frame.x_offset), Int(frame.y_offset))
    guard left >= 0, top >= 0, left + Int(frame.width) <= geometry.width, top + Int(frame.height) <= geometry.height
    else { throw failure }
    let fragment = frame.fragment
    let rowByteCount = geometry.width * channelCount
    var canvas = [UInt8](repeating: 0, count: geometry.height * rowByteCount)
    let isDecoded = canvas.withUnsafeMutableBufferPointer { buffer in
      // The frame's first pixel, and all that follows: libwebp checks that the frame fits.
      let target = UnsafeMutableBufferPointer(rebasing: buffer[(top * rowByteCount + left * channelCount)...])
      let decode = channelCount == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto
      return decode(fragment.bytes, fragment.size, target.baseAddress, target.count, Int32(rowByteCount)) != nil
    }
    guard isDecoded else { throw failure }
    return canvas
  }

  /// The chunk `EXIF` (RFC 9649, section 2.7.1.5).
  static func exif(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let fields = ByteFields(bytes: bytes[...], order: .littleEndian)
    // Behind the file's own head of 12 bytes. A chunk is its name, the length of its content, and the content, filled up
    // to an even length.
    var offset = 12
    while let name = fields.content(at: offset, byteCount: 4), let byteCount = fields.uint32(at: offset + 4),
      let content = fields.content(at: offset + 8, byteCount: byteCount)
    {
      if name.elementsEqual("EXIF".utf8) { return content }
      offset = content.endIndex + byteCount % 2
    }
    return nil
  }
}
