// The names are those of the C header, which the compiler compares.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CGlyphline
import Files
import Foundation
import Images
import Network
import Pipeline
import Samples
import Workers

private final class ModelHandle: Handle {
  override class var name: String { "model" }
  let info: UnsafeMutablePointer<glyphline_model_info>
  private let model: ModelFile
  private let threadCount: Int?
  private let characters: CStrings
  /// For so few images that a large batch would take longer; made when first used.
  private lazy var few = Result { try predictor(imageCount: 1) }
  private lazy var many = Result { try predictor(imageCount: .max) }

  init(_ path: FilePath, threadCount: Int?) throws {
    model = try ModelFile(contentsOf: path.description)
    self.threadCount = threadCount
    let description = model.description
    characters = CStrings(description.alphabet.characters.map(String.init) + (description.hasBlank ? [""] : []))
    info = .allocate(capacity: 1)
    info.initialize(
      to: glyphline_model_info(
        width: Int32(description.input.width), height: Int32(description.input.height),
        channels: Int32(description.input.format.rawValue), positions: Int32(description.positions),
        shortest: Int32(description.lengths.lowerBound), class_count: Int32(description.classCount),
        characters: characters.pointers))
  }

  deinit { info.deallocate() }

  private func predictor(imageCount: Int) throws -> Predictor {
    try Predictor(model, precision: .automatic, threadCount: threadCount, imageCount: imageCount)
  }

  func predict(_ sources: [Predictor.Source]) throws -> [Predictor.Outcome] {
    var outcomes: [Predictor.Outcome] = []
    let predictor = try (sources.count <= Network.shiftCount ? few : many).get()
    try predictor.predict(sources, cancellation: Cancellation()) { _, outcome in outcomes.append(outcome) }
    return outcomes
  }
}

@c @implementation
public func glyphline_model_open(
  _ path: UnsafePointer<CChar>!, _ threads: Int32, _ model: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
  returningError {
    model.pointee = try ModelHandle(FilePath(path), threadCount: threadCount(threads)).retainedPointer
  }
}

@c @implementation
public func glyphline_model_close(_ model: OpaquePointer!) { model.close(ModelHandle.self) }

@c @implementation
public func glyphline_model_describe(_ model: OpaquePointer!) -> UnsafePointer<glyphline_model_info>! {
  UnsafePointer(model.object(ModelHandle.self).info)
}

@c @implementation
public func glyphline_model_predict(
  _ model: OpaquePointer!, _ images: UnsafePointer<glyphline_image>!, _ count: Int,
  _ predictions: UnsafeMutablePointer<UnsafeMutablePointer<glyphline_predictions>?>!
) -> OpaquePointer! {
  returningError {
    let handle = model.object(ModelHandle.self)
    let outcomes = try handle.use {
      try handle.predict((0..<count).map { try Predictor.Source(images[$0], number: $0) })
    }
    predictions.pointee = Owned.pointer(
      to: OwnedPredictions(outcomes, classCount: Int(handle.info.pointee.class_count)))
  }
}

@c @implementation
public func glyphline_predictions_free(_ predictions: UnsafeMutablePointer<glyphline_predictions>!) {
  Owned<glyphline_predictions, OwnedPredictions>.take(predictions)?.deallocate()
}

extension Predictor.Source {
  /// - Parameter number: The image's index among those of the call; stands for its name.
  /// - Throws: `InterfaceError` where the fields contradict each other.
  fileprivate init(_ image: glyphline_image, number: Int) throws {
    if let path = image.path {
      self = .file(FilePath(path))
      return
    }
    let name = FilePath("image \(number)")
    guard let bytes = image.bytes else { throw InterfaceError("\(name) has neither a path nor bytes") }
    let content = [UInt8](UnsafeRawBufferPointer(start: bytes, count: image.byte_count))
    guard image.channels != 0 else {
      self = .bytes(content, name: name)
      return
    }
    guard let format = PixelFormat(rawValue: Int(image.channels)) else {
      throw InterfaceError("\(name) has \(counted(Int(image.channels), "channel")), allowed: 1 (gray) and 3 (RGB)")
    }
    let (width, height) = (Int(image.width), Int(image.height))
    guard width > 0, height > 0, width * height <= ImageFile.pixelCountMax else {
      throw ImageError.tooLarge(path: name.description, width: width, height: height)
    }
    let geometry = Geometry(width: width, height: height, format: format)
    guard content.count == geometry.byteCount else {
      throw InterfaceError("\(name) has \(counted(content.count, "byte")) of pixels, needed: \(geometry.byteCount)")
    }
    self = .pixels(Image(geometry: geometry, pixels: content), name: name)
  }
}

/// Predictions in the memory of a C program.
private struct OwnedPredictions {
  let predictions: glyphline_predictions
  private let items: UnsafeMutablePointer<glyphline_prediction>
  /// Predicted texts, then errors.
  private let strings: CStrings
  /// [image, position, class]
  private let probabilities: UnsafeMutablePointer<Float>

  init(_ outcomes: [Predictor.Outcome], classCount: Int) {
    let answers = outcomes.map { try? $0.get() }
    let errors = outcomes.map { outcome -> ErrorReport? in
      if case .failure(let error) = outcome { ErrorReport(error) } else { nil }
    }
    strings = CStrings(answers.map { $0?.text } + errors.map { $0?.message })
    probabilities = .allocate(capacity: max(1, answers.reduce(0) { $0 + ($1?.logits.count ?? 0) }))
    items = .allocate(capacity: max(1, outcomes.count))
    var next = probabilities
    for (index, answer) in answers.enumerated() {
      let values = answer.map { softmax($0.logits, classCount: classCount) }
      (items + index).initialize(
        to: glyphline_prediction(
          text: strings.pointers[index], confidence: answer?.confidence ?? 0,
          probabilities: values == nil ? nil : UnsafePointer(next), error_code: errors[index]?.status.rawValue ?? 0,
          error: strings.pointers[outcomes.count + index]))
      if let values {
        next.initialize(from: values, count: values.count)
        next += values.count
      }
    }
    predictions = glyphline_predictions(count: outcomes.count, items: UnsafePointer(items))
  }

  func deallocate() {
    items.deallocate()
    probabilities.deallocate()
  }
}

/// The probabilities of each row of logits.
private func softmax(_ logits: [Float], classCount: Int) -> [Float] {
  stride(from: 0, to: logits.count, by: classCount).flatMap { start in
    let row = logits[start..<start + classCount]
    let largest = row.max() ?? 0
    let powers = row.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
