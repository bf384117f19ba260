import Samples

/// An image from a file, and what was done to it beyond decoding.
package struct LoadedImage: Sendable, Hashable {
  package var image: Image
  /// In the order of `ImageNote.allCases`, each at most once.
  package var notes: [ImageNote] = []

  package init(image: Image, notes: [ImageNote] = []) {
    self.image = image
    self.notes = notes
  }
}

/// What was done to an image beyond decoding.
package enum ImageNote: CaseIterable, Sendable {
  /// Turned by its EXIF orientation.
  case turned
  /// Light on a transparent background, so put on black.
  case onBlack
  /// Animated, so its first frame was taken.
  case firstFrame
}
