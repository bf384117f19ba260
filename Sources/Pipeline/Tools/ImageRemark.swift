import Files
import Images
import Samples

extension ImageRemark {
  /// How much the ratios of width and height may differ.
  private static let shapeFactorMax = 2.0
  /// The least difference between a channel's darkest and lightest pixel, of 255. With less, text hardly shows.
  private static let contrastMin = 16

  /// - Parameter converted: The image as the model's input.
  static func all(of loaded: LoadedImage, converted: Image) -> [ImageRemark] {
    var remarks = loaded.remarks
    let (shape, input) = (loaded.image.geometry, converted.geometry)
    let factor = Double(shape.width * input.height) / Double(shape.height * input.width)
    if max(factor, 1 / factor) > shapeFactorMax { remarks.append(.shape) }
    return converted.hasContrast(of: contrastMin) ? remarks : remarks + [.contrast]
  }

  /// A line for each remark, with the first few names.
  /// - Parameter input: Of the model.
  package static func lines(_ remarks: [(path: FilePath, remark: ImageRemark)], input: Geometry) -> [String] {
    allCases.compactMap { remark in
      let names = remarks.filter { $0.remark == remark }.map { "\($0.path)" }
      return names.isEmpty ? nil : listed(names, after: remark.text(about: names.count, input: input))
    }
  }

  private func text(about count: Int, input: Geometry) -> String {
    let images = counted(count, "image")
    let are = count == 1 ? "is" : "are"
    return switch self {
    case .turned: "turned \(images) by the EXIF orientation"
    case .onBlack: "put \(images) on black, since light text on a transparent background would not show on white"
    case .firstFrame: "took the first frame of \(counted(count, "animation"))"
    case .shape:
      "\(images) \(are) nothing like the model's images: the shape is far from \(input.width)x\(input.height)"
    case .contrast: "\(images) \(are) nothing like the model's images: there is hardly any contrast"
    }
  }
}

extension PassedOver {
  /// A line for each reason, with the first few names.
  package static func lines(_ files: [PassedOver]) -> [String] {
    Reason.allCases.compactMap { reason in
      let names = files.filter { $0.reason == reason }.map { "\($0.path)" }
      return names.isEmpty ? nil : listed(names, after: "passed over \(reason.text(about: names.count))")
    }
  }
}

extension PassedOver.Reason {
  fileprivate func text(about count: Int) -> String {
    switch self {
    case .hidden: counted(count, "hidden file")
    case .linkToFolder: count == 1 ? "1 link to a folder" : "\(count) links to folders"
    case .special: count == 1 ? "1 pipe, socket or device" : "\(count) pipes, sockets and devices"
    case .notAnImage: count == 1 ? "1 file that is not an image" : "\(count) files that are not images"
    case .unlisted: "\(counted(count, "file")) not in \(labelTableName)"
    case .present: "\(counted(count, "image")) that the split has already"
    }
  }
}

/// The first few of some names.
private func listed(_ names: [String], after text: String) -> String {
  let shown = names.prefix(3)
  let rest = names.count - shown.count
  return "\(text): \(shown.joined(separator: ", "))\(rest > 0 ? " and \(rest) more" : "")"
}
