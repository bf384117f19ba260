import Samples

/// A picture whose pixels are indices into a palette.
struct IndexedImage {
  struct Color {
    let red: UInt8
    let green: UInt8
    let blue: UInt8

    fileprivate var isGray: Bool { red == green && green == blue }
  }

  /// Of an index that a file has no colour for: in Pillow, the gray of the same number.
  static let grays = (0...255).map { (tone: UInt8) in Color(red: tone, green: tone, blue: tone) }

  let width: Int
  let height: Int
  /// [height, width]
  let indices: [UInt8]
  /// 256 colours.
  let palette: [Color]
  /// The index of pixels through which the ground is seen.
  var transparentIndex: UInt8?

  /// Gray where all colours of opaque pixels are gray, else RGB.
  func loaded() -> LoadedImage {
    var isUsed = [Bool](repeating: false, count: palette.count)
    for index in indices { isUsed[Int(index)] = true }
    let transparent = transparentIndex.flatMap { isUsed[Int($0)] ? $0 : nil }
    let isGray = palette.indices.allSatisfy {
      !isUsed[$0] || transparent.map(Int.init) == $0 || palette[$0].isGray
    }
    let geometry = Geometry(width: width, height: height, format: isGray ? .gray : .rgb)
    var samples: [UInt8] = []
    samples.reserveCapacity(geometry.byteCount + (transparent == nil ? 0 : indices.count))
    for index in indices {
      let color = palette[Int(index)]
      samples.append(color.red)
      if !isGray {
        samples.append(color.green)
        samples.append(color.blue)
      }
      if let transparent { samples.append(index == transparent ? 0 : 255) }
    }
    guard transparent == nil else { return .onGround(samples, geometry) }
    return LoadedImage(image: Image(geometry: geometry, pixels: samples))
  }
}
