import Files
import Samples
import Specs

/// What besides spec and seed decides a sample's bytes.
package struct GeneratorIdentity: Sendable, Hashable {
  package struct Font: Sendable, Hashable {
    /// As the spec names it.
    package let name: String
    package let path: String
    package let hash: ContentHash
  }

  package let version: UInt32
  /// major.minor.patch
  package let freeTypeVersion: String
  /// Each font of the spec once, in order of appearance.
  package let fonts: [Font]
}

/// Draws samples: each a pure function of (version, captcha spec, seed). Any number of threads can use it at once.
package final class CaptchaGenerator: Sendable {
  /// Part of every sample's identity: a change that changes any pixel or label raises it.
  package static let version: UInt32 = 1

  package let spec: CaptchaSpec
  package let identity: GeneratorIdentity
  private let entries: [EntryGenerator]

  /// - Throws: `GeneratorError` where a font is not there, is no font, or lacks a character of its alphabet.
  package init(spec: CaptchaSpec) throws(GeneratorError) {
    self.spec = spec
    var files: [String: FontFile] = [:]
    var fonts: [GeneratorIdentity.Font] = []
    for name in spec.entries.flatMap(\.fonts) where files[name] == nil {
      let file = try FontFile.find(name)
      files[name] = file
      fonts.append(GeneratorIdentity.Font(name: name, path: file.path, hash: file.hash))
    }
    var entries: [EntryGenerator] = []
    for entry in spec.entries {
      entries.append(
        try EntryGenerator(entry, geometry: spec.geometry, fonts: entry.fonts.compactMap { files[$0] }))
    }
    self.entries = entries
    identity = GeneratorIdentity(
      version: Self.version, freeTypeVersion: FontFace.freeTypeVersion, fonts: fonts)
  }

  /// - Parameters:
  ///   - index: The sample's place in its split; it does not change the image.
  ///   - seed: Where the sample's every random choice comes from; below 2^63.
  package func generate(index: UInt64, seed: UInt64) -> Sample {
    let entry = entries[0]
    let label = entry.label(seed: seed)
    return Sample(index: index, seed: seed, label: label, image: entry.image(of: label, seed: seed))
  }
}
