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
  /// In each split, for each entry the sum of its weight and those before it; those of other splits add nothing.
  private let weightSums: [Split: [Double]]

  /// Of a sample's seed; `EntryGenerator` has more.
  private static let entryStream: UInt64 = 1 << 32 | 2

  /// - Throws: `GeneratorError` where a font is not there, is no font, or lacks a character of its alphabet.
  package init(spec: CaptchaSpec) throws(GeneratorError) {
    self.spec = spec
    var fonts: [GeneratorIdentity.Font] = []
    var entries: [EntryGenerator] = []
    for entry in spec.entries {
      do throws(GeneratorError) {
        var files: [FontFile] = []
        for name in entry.fonts.value {
          let file = try FontFile.find(name)
          files.append(file)
          if !fonts.contains(where: { $0.name == name }) {
            fonts.append(GeneratorIdentity.Font(name: name, path: file.path, hash: file.hash))
          }
        }
        entries.append(
          try EntryGenerator(
            entry, charset: spec.charsets.firstIndex(of: entry.alphabet) ?? 0, geometry: spec.geometry, fonts: files))
      } catch {
        guard let place = entry.fonts.place else { throw error }
        throw .inSpec(place, error)
      }
    }
    self.entries = entries
    weightSums = Split.allCases.reduce(into: [:]) { sums, split in
      sums[split] = spec.entries.reduce(into: []) { sums, entry in
        sums.append((sums.last ?? 0) + (entry.splits.contains(split) ? entry.weight : 0))
      }
    }
    identity = GeneratorIdentity(
      version: Self.version, freeTypeVersion: FontFace.freeTypeVersion, fonts: fonts)
  }

  /// - Parameters:
  ///   - split: One that an entry is drawn in.
  ///   - index: The sample's place in its split; it does not change the image.
  ///   - seed: Where the sample's every random choice comes from; below 2^63.
  package func generate(for split: Split = .train, index: UInt64, seed: UInt64) -> Sample {
    let entry = entries[entryNumber(split, seed: seed)]
    let label = entry.label(seed: seed)
    return Sample(
      index: index, seed: seed, charset: entry.charset, label: label, columns: entry.columns(of: label, seed: seed))
  }

  private func entryNumber(_ split: Split, seed: UInt64) -> Int {
    guard entries.count > 1, let sums = weightSums[split] else { return 0 }
    var stream = RandomStream(seed: seed, stream: Self.entryStream)
    let total = sums[entries.count - 1]
    let place = stream.nextUnit() * total
    return sums.firstIndex { place < $0 || $0 == total } ?? 0
  }
}
