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

/// What was done to an image beyond decoding; the raw value is its name in JSON.
package enum ImageNote: String, CaseIterable, Sendable, CustomStringConvertible {
  case turned
  case onBlack
  case firstFrame

  package var description: String {
    switch self {
    case .turned: "turned by its EXIF orientation"
    case .onBlack: "light on a transparent ground, so put on black"
    case .firstFrame: "animated, so its first frame was taken"
    }
  }
}
