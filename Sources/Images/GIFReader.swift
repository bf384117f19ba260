import CGIF
import Samples

/// Decodes the first frame of GIF files, by giflib.
enum GIFReader: ImageReader {
  static func recognizes(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8)
  }

  /// Around a frame that is smaller than the file's canvas, pixels are transparent, or of the palette's first colour
  /// where the frame has no transparent one; a canvas that is too small for the frame grows. Pillow does the same.
  static func decode(_ bytes: [UInt8], path: String, pixelCountMax: Int) throws(ImageError) -> LoadedImage {
    let file = try GIFFile(bytes, path: path)
    guard try file.goToNextFrame() else { throw file.failure(reason: "it has no picture") }
    let frame = file.frame
    let width = max(file.canvasWidth, frame.left + frame.width)
    let height = max(file.canvasHeight, frame.top + frame.height)
    for (width, height) in [(frame.width, frame.height), (width, height)] {
      try ImageFile.checkSize(width: width, height: height, path: path, pixelCountMax: pixelCountMax)
    }
    // The canvas takes memory once all rows are there, so a small damaged file takes little.
    let rows = try file.readRows()
    var indices = [UInt8](repeating: frame.transparentIndex ?? 0, count: width * height)
    for (row, line) in zip(frame.lines, 0...) {
      let target = (frame.top + row) * width + frame.left
      indices.replaceSubrange(
        target..<(target + frame.width), with: rows[(line * frame.width)..<((line + 1) * frame.width)])
    }
    var loaded = IndexedImage(
      width: width, height: height, indices: indices, palette: file.palette, transparentIndex: frame.transparentIndex
    ).loaded()
    if file.hasAnotherFrame() { loaded.remarks.append(.firstFrame) }
    return loaded
  }
}

/// A frame of a GIF file (GIF89a specification, section 20).
private struct GIFFrame {
  let left: Int
  let top: Int
  let width: Int
  let height: Int
  let isInterlaced: Bool
  /// From the graphic control extension before the frame.
  let transparentIndex: UInt8?

  /// The row of each line, in the order of the file: in four passes if it is interlaced (appendix E).
  var lines: [Int] {
    guard isInterlaced else { return Array(0..<height) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { start, step in Array(stride(from: start, to: height, by: step)) }
  }
}

/// A GIF file as giflib reads it: record by record, line by line.
private final class GIFFile {
  private let path: String
  private let source: Source
  private let file: UnsafeMutablePointer<GifFileType>
  private var transparentIndex: UInt8?

  /// Where giflib's callback reads from.
  private final class Source {
    let bytes: [UInt8]
    var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(_ count: Int, into target: UnsafeMutablePointer<UInt8>) -> Int {
      let taken = min(count, bytes.count - offset)
      for index in 0..<taken { target[index] = bytes[offset + index] }
      offset += taken
      return taken
    }
  }

  /// - Throws: `ImageError` where there is no canvas.
  init(_ bytes: [UInt8], path: String) throws(ImageError) {
    let source = Source(bytes)
    var code: Int32 = 0
    // SAFETY: `source` outlives the file, which is closed when this object, its owner, ends.
    let file = DGifOpen(
      Unmanaged.passUnretained(source).toOpaque(),
      { file, target, count in
        guard let file, let target, let source = file.pointee.UserData else { return 0 }
        return Int32(Unmanaged<Source>.fromOpaque(source).takeUnretainedValue().read(Int(count), into: target))
      }, &code)
    guard let file else { throw .corrupt(path: path, format: "GIF", reason: words(of: code)) }
    self.path = path
    self.source = source
    self.file = file
  }

  deinit { DGifCloseFile(file, nil) }

  var canvasWidth: Int { Int(file.pointee.SWidth) }
  var canvasHeight: Int { Int(file.pointee.SHeight) }

  /// The frame that was gone to.
  var frame: GIFFrame {
    let image = file.pointee.Image
    return GIFFrame(
      left: Int(image.Left), top: Int(image.Top), width: Int(image.Width), height: Int(image.Height),
      isInterlaced: image.Interlace, transparentIndex: transparentIndex)
  }

  /// The palette of the frame, or of the file.
  var palette: [IndexedImage.Color] {
    var palette = IndexedImage.grays
    guard let map = (file.pointee.Image.ColorMap ?? file.pointee.SColorMap)?.pointee, let colors = map.Colors else {
      return palette
    }
    for index in 0..<min(palette.count, Int(map.ColorCount)) {
      palette[index] = .init(red: colors[index].Red, green: colors[index].Green, blue: colors[index].Blue)
    }
    return palette
  }

  func failure(reason: String? = nil) -> ImageError {
    .corrupt(path: path, format: "GIF", reason: reason ?? words(of: file.pointee.Error))
  }

  /// Reads the records before the next frame and its head. False where the file's records end.
  func goToNextFrame() throws(ImageError) -> Bool {
    guard try isFrameNext() else { return false }
    guard DGifGetImageDesc(file) == GIF_OK else { throw failure() }
    return true
  }

  /// After all lines of a frame. Damage behind it does not matter.
  func hasAnotherFrame() -> Bool { (try? isFrameNext()) ?? false }

  private func isFrameNext() throws(ImageError) -> Bool {
    transparentIndex = nil
    while true {
      var type = UNDEFINED_RECORD_TYPE
      guard DGifGetRecordType(file, &type) == GIF_OK else {
        // One byte that begins no record. Some programs write more zeros than the format asks for.
        if file.pointee.Error == D_GIF_ERR_WRONG_RECORD { continue }
        throw failure()
      }
      switch type {
      case IMAGE_DESC_RECORD_TYPE: return true
      case EXTENSION_RECORD_TYPE: try readExtension()
      default: return false
      }
    }
  }

  private func readExtension() throws(ImageError) {
    var code: Int32 = 0
    var block: UnsafeMutablePointer<GifByteType>?
    guard DGifGetExtension(file, &code, &block) == GIF_OK else { throw failure() }
    // Byte count, flags, a delay of two bytes, index (GIF89a specification, section 23).
    if code == GRAPHICS_EXT_FUNC_CODE, let block, block[0] >= 4, block[1] & 1 != 0 { transparentIndex = block[4] }
    while block != nil {
      guard DGifGetExtensionNext(file, &block) == GIF_OK else { throw failure() }
    }
  }

  /// The indices of all lines of the frame, in the order of the file.
  func readRows() throws(ImageError) -> [UInt8] {
    let frame = frame
    var rows: [UInt8] = []
    var line = [UInt8](repeating: 0, count: frame.width)
    for _ in 0..<frame.height {
      guard DGifGetLine(file, &line, Int32(frame.width)) == GIF_OK else { throw failure() }
      rows += line
    }
    return rows
  }
}

private func words(of code: Int32) -> String {
  GifErrorString(code).map { String(cString: $0) } ?? "error \(code) of giflib"
}
