import Files

/// All that training needs to go on exactly where it was: parameters, optimiser state, running average and how many steps
/// were made. What else a step depends on, the order of the samples, dropout and the learning rate, is a function of the
/// step's number.
package struct Checkpoint: Sendable {
  package let step: Int
  /// Of what the run is a function of; a checkpoint of another run is never continued.
  package let runHash: String
  package let tensors: [String: Safetensors.Tensor]

  /// The file of a checkpoint, made straight from the memory that the state is in: copies of a large network's state would
  /// take more memory than training does.
  package static func encoded(
    step: Int, runHash: String, parameters: Parameters, optimizer: Optimizer
  ) throws -> [UInt8] {
    var arrays: [String: (shape: [Int], values: UnsafeBufferPointer<Float>)] = [:]
    for parameter in parameters.list {
      arrays[parameter.name] = (parameter.shape, UnsafeBufferPointer(parameters[parameter]))
    }
    for (name, values) in optimizer.state { arrays[name] = ([values.count], UnsafeBufferPointer(values)) }

    let header = try Safetensors.header(
      shapes: arrays.mapValues(\.shape), metadata: ["step": String(step), "run": runHash])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(arrays.values.reduce(header.count) { $0 + $1.values.count * MemoryLayout<Float>.size })
    bytes += header
    for (_, array) in arrays.sorted(by: { $0.key < $1.key }) { bytes += UnsafeRawBufferPointer(array.values) }
    return bytes
  }

  /// Puts the state back.
  /// - Returns: False, and nothing changed, where the checkpoint is of a network with other parameters, or of an optimizer
  ///   with other state.
  package func restore(_ parameters: Parameters, _ optimizer: Optimizer) -> Bool {
    let state = optimizer.state
    let saved = tensors.filter { $0.key.hasPrefix(Optimizer.statePrefix) }
    guard saved.count == state.count, state.allSatisfy({ saved[$0.name]?.count == $0.values.count }),
      parameters.load(tensors) == nil
    else { return false }
    for (name, values) in state { if let start = values.baseAddress { saved[name]?.copyValues(to: start) } }
    return true
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
