import Files
import Samples
import Specs

/// What decides a sample's bytes, besides spec and seed.
package struct GeneratorIdentity: Sendable, Hashable {
  package struct Font: Sendable, Hashable {
    /// Its name in the spec.
    package let name: String
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
  /// Raised by every change that changes a pixel or a label.
  package static let version: UInt32 = 1

  package let identity: GeneratorIdentity
  /// nil for an entry of other splits.
  private let entries: [EntryGenerator?]
  /// For each split, the cumulative weights of the entries; entries of other splits have weight 0.
  private let weightSums: [Split: [Double]]

  /// A random stream of a sample's seed; `EntryGenerator` has more.
  private static let entryStream: UInt64 = 1 << 32 | 2

  /// - Parameter splits: The splits that are drawn. Nothing is needed for entries of others.
  /// - Throws: `GeneratorError` where a font is missing, is not a font, or lacks a character of its alphabet.
  package init(spec: CaptchaSpec, for splits: Set<Split> = Set(Split.allCases)) throws(GeneratorError) {
    var fonts: [GeneratorIdentity.Font] = []
    var entries: [EntryGenerator?] = []
    for entry in spec.entries {
      guard !entry.splits.isDisjoint(with: splits) else {
        entries.append(nil)
        continue
      }
      do throws(GeneratorError) {
        var files: [FontFile] = []
        for name in entry.fonts.value {
          let file = try FontFile.find(name)
          files.append(file)
          if !fonts.contains(where: { $0.name == name }) {
            fonts.append(GeneratorIdentity.Font(name: name, hash: file.hash))
          }
        }
        entries.append(
          try EntryGenerator(
            entry, charset: spec.charsets.firstIndex(of: entry.alphabet) ?? 0, geometry: spec.geometry, fonts: files))
      } catch {
        guard let location = entry.fonts.place else { throw error }
        throw .inSpec(location, error)
      }
    }
    self.entries = entries
    weightSums = Split.allCases.reduce(into: [:]) { sums, split in
      sums[split] = spec.entries.reduce(into: []) { sums, entry in
        sums.append((sums.last ?? 0) + (entry.splits.contains(split) ? entry.weight : 0))
      }
    }
    identity = GeneratorIdentity(version: Self.version, freeTypeVersion: FontFace.freeTypeVersion, fonts: fonts)
  }

  /// - Parameters:
  ///   - split: One of those that are drawn, with an entry.
  ///   - index: The sample's index in its split; it does not change the image.
  ///   - seed: The seed of all of the sample's random choices; below 2^63.
  package func generate(for split: Split = .train, index: UInt64, seed: UInt64) -> Sample {
    guard let entry = entries[entryNumber(split, seed: seed)] else { preconditionFailure("the split is not drawn") }
    let label = entry.label(seed: seed)
    return Sample(
      index: index, seed: seed, charset: entry.charset, label: label, columns: entry.columns(of: label, seed: seed))
  }

  private func entryNumber(_ split: Split, seed: UInt64) -> Int {
    guard entries.count > 1, let sums = weightSums[split] else { return 0 }
    var stream = RandomStream(seed: seed, stream: Self.entryStream)
    let total = sums[entries.count - 1]
    let point = stream.nextUnit() * total
    return sums.firstIndex { point < $0 || $0 == total } ?? 0
  }
}
