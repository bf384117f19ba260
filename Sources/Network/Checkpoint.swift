import Files
import Kernels

/// All that training needs to go on exactly where it was: parameters, optimiser state, running average and how many steps
/// were made. What else a step depends on, the order of the samples, dropout and the learning rate, is a function of the
/// step's number.
package struct Checkpoint: Sendable {
  package let step: Int
  /// Of what the run is a function of; a checkpoint of another run is never continued.
  package let runHash: String
  package let tensors: [String: Safetensors.Tensor]

  private static let firstMoment = "optimizer.first_moment"
  private static let secondMoment = "optimizer.second_moment"
  private static let average = "optimizer.average"

  package init(step: Int, runHash: String, parameters: Parameters, optimizer: Optimizer) {
    self.step = step
    self.runHash = runHash
    var tensors = parameters.tensors
    func vector(_ buffer: AlignedBuffer, count: Int) -> Safetensors.Tensor {
      Safetensors.Tensor(shape: [count], values: UnsafeBufferPointer(start: buffer.floats, count: count))
    }
    tensors[Self.firstMoment] = vector(optimizer.firstMoment, count: parameters.learnedCount)
    tensors[Self.secondMoment] = vector(optimizer.secondMoment, count: parameters.learnedCount)
    if let average = optimizer.average { tensors[Self.average] = vector(average.values, count: average.count) }
    self.tensors = tensors
  }

  /// Puts the state back.
  /// - Returns: False, and nothing changed, where the checkpoint is of a network with other parameters, or has no average
  ///   where one is kept.
  package func restore(_ parameters: Parameters, _ optimizer: Optimizer) -> Bool {
    guard let first = tensors[Self.firstMoment], let second = tensors[Self.secondMoment],
      first.count == parameters.learnedCount && second.count == parameters.learnedCount
    else { return false }
    let average = tensors[Self.average]
    guard average?.count ?? 0 == optimizer.average?.count ?? 0, parameters.load(tensors) == nil else { return false }
    if let kept = optimizer.average { average?.copyValues(to: kept.values.floats) }
    first.copyValues(to: optimizer.firstMoment.floats)
    second.copyValues(to: optimizer.secondMoment.floats)
    return true
  }

  /// The checkpoint as a safetensors file.
  package func encoded() throws -> [UInt8] {
    try Safetensors(tensors: tensors, metadata: ["step": String(step), "run": runHash]).encoded()
  }

  /// - Parameter hash: The SHA-256 of the file that was saved, in hexadecimal. Any bytes make floats: only this tells
  ///   whether they are those.
  /// - Throws: `ModelFileError` where the file is unreadable or damaged.
  package init(contentsOf path: String, hash: String) throws(ModelFileError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try ReadableFile.contents(of: path)
    } catch {
      throw .file(error)
    }
    guard ContentHash(of: bytes).description == hash else {
      throw .damaged(path: path, reason: "it is not the checkpoint that was saved")
    }
    try self.init(bytes: bytes, path: path)
  }

  /// - Parameter path: Where the bytes come from, for messages.
  /// - Throws: `ModelFileError.damaged`.
  package init(bytes: [UInt8], path: String) throws(ModelFileError) {
    let file = try Safetensors(bytes: bytes, path: path)
    guard let step = file.metadata["step"].flatMap({ Int($0) }), step >= 0, let runHash = file.metadata["run"] else {
      throw .damaged(path: path, reason: "it is not a checkpoint")
    }
    self.step = step
    self.runHash = runHash
    tensors = file.tensors
  }
}
