import Files
import Foundation
import Images
import Kernels
import Network
import Samples
import Specs
import Workers

/// Predicts the text of image files with a trained model.
package final class Predictor {
  /// Where an image comes from.
  package enum Source: Sendable {
    case file(FilePath)
    /// The bytes of an image without a path; `name` stands for it in answers and messages.
    case bytes([UInt8], name: FilePath)
    case pixels(Image, name: FilePath)

    package var name: FilePath {
      switch self {
      case .file(let path): path
      case .bytes(_, let name), .pixels(_, let name): name
      }
    }
  }

  package struct Answer: Sendable {
    package let text: String
    /// The model's probability of its answer: 0 ... 1.
    package let confidence: Double
    /// [position, class]
    package let logits: [Float]
    /// The image's own geometry; nil where it is that of the model's input.
    package let convertedFrom: Geometry?
    package let remarks: [ImageRemark]
  }

  /// An answer, or why there is none.
  package typealias Outcome = Result<Answer, ImageError>

  package var description: ModelDescription { network.description }
  /// Images inferred at a time.
  static let batch = 128

  private let network: Network
  private let team: Team

  /// - Parameter imageCount: The number of images; a batch no larger than that takes less time.
  /// - Throws: `PipelineError.unsupportedPrecision` or what `Network.init` throws.
  package init(
    _ model: ModelFile, precision: TrainingSpec.Precision, threadCount: Int?, imageCount: Int
  ) throws {
    let engine = try Engine(precision, threadCount: threadCount)
    team = engine.team
    network = try Network(
      model, batch: max(Network.shiftCount, min(imageCount, Self.batch)), precision: engine.precision,
      backend: engine.backend, team: team)
  }

  /// Predicts the images. Files are decoded on all threads ahead of inference.
  /// - Parameter receive: Called with each source and its outcome, in order, as soon as it is known.
  /// - Throws: `Interrupted`, or an error of `receive`.
  package func predict(
    _ sources: [Source], cancellation: Cancellation, receive: (Source, Outcome) throws -> Void
  ) throws {
    let (batch, input) = (network.batch, description.input)
    let batches = stride(from: 0, to: sources.count, by: batch).map {
      sources[$0..<min($0 + batch, sources.count)]
    }
    let decoded = OrderedStream(jobs: 0..<batches.count, threadCount: team.threadCount, window: 2 * team.threadCount) {
      job in
      batches[job].map { source in
        Result { () throws(ImageError) in try DecodedImage(source, for: input) }
      }
    }
    var next = try decoded.next()
    for batch in batches {
      try cancellation.check()
      guard let images = next else { preconditionFailure("the stream has every batch") }
      var answers = answers(to: images.compactMap { try? $0.get() }).makeIterator()
      // Requested before the answers are handed out, so that decoding goes on meanwhile.
      next = try decoded.next()
      for (source, image) in zip(batch, images) {
        try receive(
          source,
          image.map { _ in
            guard let answer = answers.next() else { preconditionFailure("every decoded image has an answer") }
            return answer
          })
      }
    }
  }

  private func answers(to images: [DecodedImage]) -> [Answer] {
    guard !images.isEmpty else { return [] }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(network.batch * description.input.byteCount)
    for image in images { pixels += image.pixels }
    return zip(images, network.predictWithShifts(images: pixels[...])).map { image, prediction in
      Answer(
        text: description.alphabet.text(of: prediction.label), confidence: prediction.confidence,
        logits: prediction.logits, convertedFrom: image.convertedFrom, remarks: image.remarks)
    }
  }
}

/// An image, converted to a model's input.
private struct DecodedImage: Sendable {
  let pixels: [UInt8]
  /// The geometry before the conversion; nil where it was the same.
  let convertedFrom: Geometry?
  let remarks: [ImageRemark]

  init(_ source: Predictor.Source, for input: Geometry) throws(ImageError) {
    let loaded =
      switch source {
      case .file(let path): try ImageFile.read(path)
      case .bytes(let bytes, let name): try ImageFile.decode(bytes, path: "\(name)")
      case .pixels(let image, _): LoadedImage(image: image)
      }
    let converted = loaded.image.converted(to: input)
    convertedFrom = loaded.image.geometry == input ? nil : loaded.image.geometry
    remarks = ImageRemark.all(of: loaded, converted: converted)
    pixels = converted.pixels
  }
}
