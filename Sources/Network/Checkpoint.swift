import Files

/// Everything that training resumes from: parameters, optimizer state, running average and step. The order of samples,
/// dropout and the learning rate are functions of the step.
package struct Checkpoint: Sendable {
  package let step: Int
  /// Hash of everything that the run depends on; a checkpoint of another run is never resumed.
  package let runHash: String
  package let tensors: [String: Safetensors.Tensor]

  /// The bytes of a checkpoint file, copied straight from the state's memory: a further copy of a large network's state
  /// would take more memory than training does.
  package static func encoded(
    step: Int, runHash: String, parameters: Parameters, optimizer: Optimizer
  ) throws -> [UInt8] {
    var arrays: [String: (shape: [Int], values: UnsafeMutableBufferPointer<Float>)] = [:]
    for parameter in parameters.list { arrays[parameter.name] = (parameter.shape, parameters[parameter]) }
    for (name, values) in optimizer.state { arrays[name] = ([values.count], values) }
    let header = try Safetensors.header(
      shapes: arrays.mapValues(\.shape), metadata: ["step": String(step), "run": runHash])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(arrays.values.reduce(header.count) { $0 + $1.values.count * MemoryLayout<Float>.size })
    bytes += header
    for (_, array) in arrays.sorted(by: { $0.key < $1.key }) { bytes += UnsafeRawBufferPointer(array.values) }
    return bytes
  }

  /// Restores the state.
  /// - Returns: False, with nothing changed, where the checkpoint has other parameters or other optimizer state.
  package func restore(_ parameters: Parameters, _ optimizer: Optimizer) -> Bool {
    let state = optimizer.state
    let saved = tensors.filter { $0.key.hasPrefix(Optimizer.statePrefix) }
    guard saved.count == state.count, state.allSatisfy({ saved[$0.name]?.count == $0.values.count }),
      parameters.load(tensors) == nil
    else { return false }
    for (name, values) in state { if let start = values.baseAddress { saved[name]?.copyValues(to: start) } }
    return true
  }

  /// - Parameter hash: The SHA-256 of the file that was saved, in hexadecimal. Any bytes are valid floats: only the
  ///   hash detects damage.
  /// - Throws: `ModelFileError` where the file is unreadable or damaged.
  package init(contentsOf path: String, hash: String) throws(ModelFileError) {
    let bytes = try Safetensors.bytes(of: path)
    guard ContentHash(of: bytes).description == hash else {
      throw .damaged(path: path, reason: "its content changed after it was saved")
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
