import Files
import Foundation
import Kernels
import Network
import Samples
import Specs
import Testing
import Workers

@Suite struct ModelFileTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "model-\(UUID()).safetensors").path()

  private func makeNetwork() throws -> Network {
    let description = ModelDescription(
      name: "test", input: Geometry(width: 8, height: 8, format: .gray), alphabet: try Alphabet("é中b"), lengths: 2...2,
      loss: .crossEntropy,
      layers: [.convolution(filters: 4, kernel: 3, stride: 2, hasBias: true), .batchNorm, .relu, .linear(units: 6)])
    let network = try Network(
      description, for: .training, batch: 2, precision: .float32, backend: PlainBackend(), team: Team(threadCount: 1))
    network.parameters.drawWeights(seed: 1)
    return network
  }

  private func encode(_ network: Network) throws -> [UInt8] {
    try ModelFile(network.description, tensors: network.parameters.tensors).encoded()
  }

  @Test func comesBackAsItWas() throws {
    defer { unlink(path) }
    let network = try makeNetwork()
    try writeDurably(try encode(network), to: path)
    let file = try ModelFile(contentsOf: path)
    #expect(file.description == network.description)
    #expect(file.tensors == network.parameters.tensors)
    let other = try makeNetwork()
    other.parameters.drawWeights(seed: 2)
    #expect(other.parameters.load(file.tensors) == nil)
    #expect(other.parameters.tensors == network.parameters.tensors)
  }

  /// Every shorter file and every changed bit is refused or, as a space in the header, harmless. Any bytes make floats, so
  /// only the checksum tells that arrays are not those that were saved.
  @Test func everyDamageIsRefusedOrHarmless() throws {
    let network = try makeNetwork()
    let bytes = try encode(network)
    for count in 0..<bytes.count {
      #expect(throws: ModelFileError.self) { try Safetensors(bytes: Array(bytes.prefix(count)), path: path) }
    }
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << bit
        guard let file = try? Safetensors(bytes: damaged, path: path), let model = try? ModelFile(file, path: path)
        else {
          continue
        }
        #expect(model.description == network.description, "bit \(bit) of byte \(place)")
        #expect(model.tensors == network.parameters.tensors, "bit \(bit) of byte \(place)")
      }
    }
  }

  /// No damage ends the program, and none is taken for what was saved. What the bytes themselves do not give away, as
  /// changed floats, the hash does.
  @Test func everyDamageToACheckpointIsFound() throws {
    defer { unlink(path) }
    let network = try makeNetwork()
    let optimizer = try Optimizer(network.parameters, rule: .muon, weightDecay: 0, backend: PlainBackend())
    let bytes = try Checkpoint.encoded(step: 7, runHash: "run", parameters: network.parameters, optimizer: optimizer)
    let hash = ContentHash(of: bytes).description
    try writeDurably(bytes, to: path)
    #expect(try Checkpoint(contentsOf: path, hash: hash).step == 7)
    for count in bytes.indices {
      #expect(throws: ModelFileError.self) { try Checkpoint(bytes: Array(bytes.prefix(count)), path: path) }
    }
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << bit
        guard let checkpoint = try? Checkpoint(bytes: damaged, path: path) else { continue }
        _ = checkpoint.restore(network.parameters, optimizer)
        guard bit == place % 8 else { continue }
        try Data(damaged).write(to: URL(filePath: path))
        #expect(throws: ModelFileError.self) { try Checkpoint(contentsOf: path, hash: hash) }
      }
    }
  }

  /// A file with an array of another shape leaves the network as it is, to the last parameter.
  @Test func whatDoesNotFitIsTakenInNoPart() throws {
    let network = try makeNetwork()
    let before = network.parameters.tensors
    func tensor(_ shape: [Int], _ values: [Float]) -> Safetensors.Tensor {
      values.withUnsafeBufferPointer { Safetensors.Tensor(shape: shape, values: $0) }
    }
    var tensors = before.mapValues { tensor($0.shape, $0.values.map { $0 + 1 }) }
    for name in tensors.keys {
      let fitting = tensors[name]
      tensors[name] = tensor([1], [0])
      #expect(network.parameters.load(tensors) == name)
      #expect(network.parameters.tensors == before)
      tensors[name] = fitting
    }
  }

  @Test func layersKeepTheirText() {
    let layers: [LayerDescription] = [
      .convolution(filters: 32, kernel: 5, stride: 2, hasBias: true), .batchNorm, .dropout(rate: 0.5), .relu,
      .maxPool(size: 2), .shortcut, .add, .linear(units: 144),
    ]
    for layer in layers { #expect(LayerDescription(text: layer.text) == layer) }
    for text in ["", "relu x=1", "linear", "linear units=0", "linear units=-1", "dropout rate=1", "dropout rate=nan"] {
      #expect(LayerDescription(text: text) == nil, "\(text)")
    }
  }
}
