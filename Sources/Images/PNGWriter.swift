import CPNG
import Files
import Samples

/// Writes 8-bit gray and RGB images as PNG files.
package enum PNGWriter {
  /// - Throws: `ImageError.cannotEncode`.
  package static func encode(_ image: Image) throws(ImageError) -> [UInt8] {
    var control = png_image()
    control.version = png_uint_32(PNG_IMAGE_VERSION)
    control.width = png_uint_32(image.geometry.width)
    control.height = png_uint_32(image.geometry.height)
    control.format = image.geometry.format == .rgb ? png_uint_32(PNG_FORMAT_FLAG_COLOR) : 0
    defer { png_image_free(&control) }
    // Deflate stores incompressible bytes at a cost below one part in a thousand; chunks and filter bytes are added.
    var byteCount = image.geometry.byteCount + image.geometry.byteCount / 100 + image.geometry.height + 4096
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard png_image_write_to_memory(&control, &bytes, &byteCount, 0, image.pixels, 0, nil) != 0 else {
      throw .cannotEncode(reason: message(of: control))
    }
    bytes.removeLast(bytes.count - byteCount)
    return bytes
  }

  /// Writes the image as a durable file.
  package static func write(
    _ image: Image, to path: String, in fileSystem: any FileSystem = SystemFileSystem()
  ) throws(ImageError) {
    let bytes = try encode(image)
    do throws(FileError) {
      try writeDurably(bytes, to: path, in: fileSystem)
    } catch {
      throw .file(error)
    }
  }
}
