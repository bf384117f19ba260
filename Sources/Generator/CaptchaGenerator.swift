import Files
import Samples
import Specs
import Synchronization

/// What besides spec and seed decides a sample's bytes.
package struct GeneratorIdentity: Sendable, Hashable {
  package let version: UInt32
  /// major.minor.patch
  package let freeTypeVersion: String
  package let fontPath: String
  package let fontHash: ContentHash
}

/// Draws samples: each a pure function of (version, captcha spec, seed). Any number of threads can use it at once.
package final class CaptchaGenerator: Sendable {
  /// Part of every sample's identity: a change that changes any pixel or label raises it.
  package static let version: UInt32 = 1

  package let alphabet: Alphabet
  /// Characters in each image.
  package let length: Int
  package let geometry: Geometry
  package let identity: GeneratorIdentity
  private let scalars: [Unicode.Scalar]
  private let atlas: GlyphAtlas
  private let renderers: RendererPool

  /// - Parameter font: Family name of an installed font, or the path of a font file.
  /// - Throws: `GeneratorError` where the font is not there, is no font, or lacks a character of the alphabet.
  package init(alphabet: Alphabet, length: Int, geometry: Geometry, font: String) throws(GeneratorError) {
    precondition(length > 0)
    let file = try FontFile.find(font)
    var scalars: [Unicode.Scalar] = []
    for character in alphabet.characters {
      guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1 else {
        // Pillow draws code point by code point, so marks that combine would become characters of their own.
        throw .missingGlyph(character: String(character), font: "\(file.family) (\(file.path))")
      }
      scalars.append(scalar)
    }
    self.alphabet = alphabet
    self.length = length
    self.geometry = geometry
    self.scalars = scalars
    atlas = try GlyphAtlas(font: file, characters: scalars, sizes: ImageCaptchaSampler.fontSizes)
    renderers = RendererPool(atlas: atlas)
    identity = GeneratorIdentity(
      version: Self.version, freeTypeVersion: file.freeTypeVersion, fontPath: file.path, fontHash: file.hash)
  }

  package convenience init(spec: CaptchaSpec) throws(GeneratorError) {
    switch spec.style {
    case .imageCaptcha:
      try self.init(alphabet: spec.alphabet, length: spec.length, geometry: spec.geometry, font: spec.font)
    }
  }

  /// - Parameters:
  ///   - index: The sample's place in its split; it does not change the image.
  ///   - seed: Where the sample's every random choice comes from; below 2^63.
  package func generate(index: UInt64, seed: UInt64) -> Sample {
    let label = label(seed: seed)
    let image = renderers.withRenderer { $0.draw(parameters(label: label, seed: seed), format: geometry.format) }
    return Sample(index: index, seed: seed, label: label, image: image)
  }

  /// What the sample of `seed` shows: each character equally likely, in each place.
  package func label(seed: UInt64) -> Label {
    ImageCaptchaSampler.label(classCount: alphabet.count, length: length, seed: seed)
  }

  /// How `label` is drawn with `seed`.
  /// - Precondition: the label's classes are of the alphabet, and there is at least one.
  package func parameters(label: Label, seed: UInt64) -> ImageCaptchaParameters {
    ImageCaptchaSampler(width: geometry.width, height: geometry.height, atlas: atlas)
      .sample(text: label.classes.map { scalars[Int($0)] }, seed: seed)
  }

  /// Draws given parameters in the spec's pixel format; their characters must be of the alphabet, their font sizes those
  /// of the package. `ImageCaptchaRenderer` draws any, with an atlas made for them.
  package func render(_ parameters: ImageCaptchaParameters) throws(GeneratorError) -> Image {
    try renderers.withRenderer { renderer throws(GeneratorError) in
      try renderer.render(parameters, format: geometry.format)
    }
  }
}

/// Renderers that are not in use. There come to be as many as threads draw at the same time.
// SAFETY: a renderer is in the list or with the one thread that took it out, and the list is locked.
private final class RendererPool: @unchecked Sendable {
  private let atlas: GlyphAtlas
  private let lock = Mutex<Void>(())
  private var idle: [ImageCaptchaRenderer] = []

  init(atlas: GlyphAtlas) { self.atlas = atlas }

  func withRenderer<Result, Failure: Error>(
    _ body: (ImageCaptchaRenderer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let renderer = lock.withLock { _ in idle.popLast() } ?? ImageCaptchaRenderer(atlas: atlas)
    defer { lock.withLock { _ in idle.append(renderer) } }
    return try body(renderer)
  }
}
