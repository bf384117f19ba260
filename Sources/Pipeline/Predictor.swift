import Files
import Foundation
import Images
import Kernels
import Network
import Samples
import Workers

/// Reads image files with a trained model.
package final class Predictor {
  package struct Answer: Sendable {
    package let path: String
    package let text: String
    /// The probability that the model gives its answer: 0 ... 1.
    package let confidence: Double
  }

  package let description: ModelDescription
  private let network: Network
  private let team: Team

  /// - Parameter imageCount: How many images there will be, if that is known; small numbers then take less time.
  /// - Throws: `ModelFileError`, or what `Network.init` throws.
  package init(modelPath: String, threadCount: Int?, imageCount: Int) throws {
    let model = try ModelFile(contentsOf: modelPath)
    let backend = makeBackend()
    team = Team(threadCount: threadCount)
    description = model.description
    network = try Network(
      reading: model, batch: max(1, min(imageCount, Pipeline.readingBatch)),
      precision: try resolvePrecision(.automatic, on: backend), backend: backend, team: team)
  }

  /// Reads the files, in order; files are decoded on all threads ahead of the network.
  /// - Throws: `ImageError` or `PipelineError.imageMismatch` of the first file that cannot be read.
  package func read(
    _ paths: [String], cancellation: Cancellation, report: (_ done: Int) -> Void
  ) throws -> [Answer] {
    let (batch, input) = (network.batch, description.input)
    let starts = Array(stride(from: 0, to: paths.count, by: batch))
    let pixels = OrderedStream(jobs: 0..<starts.count, threadCount: team.threadCount, window: 2 * team.threadCount) {
      job in
      var pixels: [UInt8] = []
      pixels.reserveCapacity(batch * input.byteCount)
      for path in paths[starts[job]..<min(starts[job] + batch, paths.count)] {
        pixels += try decode(path, for: input).pixels
      }
      return pixels
    }
    var answers: [Answer] = []
    while let images = try pixels.next() {
      try cancellation.check()
      for reading in network.read(images: images[...]) {
        answers.append(
          Answer(
            path: paths[answers.count], text: description.alphabet.text(of: reading.label),
            confidence: reading.confidence))
      }
      report(answers.count)
    }
    return answers
  }

  /// The label that a file name such as `AB12_anything.png` begins with.
  /// - Throws: `PipelineError.unlabelled` where it begins with none that the model could read.
  package func expectedText(ofFile path: String) throws(PipelineError) -> String {
    let name = path.split(separator: "/").last ?? ""
    let text = String(name[..<(name.firstIndex(of: "_") ?? name.lastIndex(of: ".") ?? name.endIndex)])
    guard !text.isEmpty else { throw .unlabelled(path: path) }
    return text
  }
}

private func decode(_ path: String, for input: Geometry) throws -> Image {
  let image = try PNGReader.read(path)
  guard image.geometry.width == input.width && image.geometry.height == input.height else {
    throw PipelineError.imageMismatch(
      path: path, found: "\(image.geometry.width)x\(image.geometry.height)", expected: "\(input.width)x\(input.height)")
  }
  return image.converted(to: input.format)
}
