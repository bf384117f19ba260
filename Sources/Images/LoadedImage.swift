import Samples

/// An image from a file, and what was done to it beyond decoding.
package struct LoadedImage: Sendable, Hashable {
  package var image: Image
  /// In the order of `ImageRemark.allCases`, each at most once.
  package var remarks: [ImageRemark] = []

  package init(image: Image, remarks: [ImageRemark] = []) {
    self.image = image
    self.remarks = remarks
  }
}

/// A remark on an image that is used nevertheless; the raw value is its name in JSON.
package enum ImageRemark: String, Sendable, CaseIterable {
  /// Turned by its EXIF orientation.
  case turned
  /// Light on a transparent background, so put on black.
  case onBlack = "on_black"
  /// Animated, so its first frame was taken.
  case firstFrame = "first_frame"
  /// Its shape is far from that of the model's input.
  case shape
  /// It has hardly any contrast.
  case contrast
}
