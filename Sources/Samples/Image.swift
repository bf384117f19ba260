/// How a pixel is stored; the raw value is its byte count.
package enum PixelFormat: Int, Sendable, Hashable, CaseIterable {
  case gray = 1
  case rgb = 3

  /// Its name in specs and model files.
  package var name: String { self == .gray ? "gray" : "rgb" }
}

/// Size and pixel format that all images of a dataset share.
package struct Geometry: Sendable, Hashable {
  package let width: Int
  package let height: Int
  package let format: PixelFormat

  /// - Precondition: width and height are positive.
  package init(width: Int, height: Int, format: PixelFormat) {
    precondition(width > 0 && height > 0)
    self.width = width
    self.height = height
    self.format = format
  }

  /// Bytes of one image.
  package var byteCount: Int { width * height * format.rawValue }
}

/// An 8-bit image. Rows from the top, pixels from the left, channels innermost: [height, width, channel].
package struct Image: Sendable, Hashable {
  package let geometry: Geometry
  package var pixels: [UInt8]

  /// - Precondition: `pixels.count == geometry.byteCount`.
  package init(geometry: Geometry, pixels: [UInt8]) {
    precondition(pixels.count == geometry.byteCount)
    self.geometry = geometry
    self.pixels = pixels
  }

  package init(geometry: Geometry, filledWith value: UInt8 = 0) {
    self.init(geometry: geometry, pixels: [UInt8](repeating: value, count: geometry.byteCount))
  }

  /// The image as gray, by Pillow's conversion to mode L (ITU-R 601-2 luma in 16-bit fixed point, Pillow 10
  /// `Convert.c`).
  package func converted(to format: PixelFormat) -> Image {
    guard format != geometry.format else { return self }
    let target = Geometry(width: geometry.width, height: geometry.height, format: format)
    var result = Image(geometry: target)
    let count = geometry.width * geometry.height
    switch format {
    case .gray:
      for index in 0..<count {
        result.pixels[index] = luma(red: pixels[3 * index], green: pixels[3 * index + 1], blue: pixels[3 * index + 2])
      }
    case .rgb: result.pixels = pixels.flatMap { repeatElement($0, count: 3) }
    }
    return result
  }
}

/// Pillow's luma: (19595 R + 38470 G + 7471 B + 32768) >> 16.
@inline(__always)
package func luma(red: UInt8, green: UInt8, blue: UInt8) -> UInt8 {
  UInt8(truncatingIfNeeded: (19595 * UInt32(red) + 38470 * UInt32(green) + 7471 * UInt32(blue) + 0x8000) >> 16)
}
