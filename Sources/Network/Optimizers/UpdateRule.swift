import Kernels
import Specs
import Workers

/// How an optimizer moves learned numbers, and what it remembers of former steps. One file has one rule.
protocol UpdateRule: Sendable {
  /// The optimizers of a spec that move by this rule.
  static var forms: [OptimizerForm] { get }

  /// - Parameter count: Of all learned numbers.
  init(count: Int)

  /// What it remembers, by the names in checkpoints, which begin with `Optimizer.statePrefix`. All 0 before the first step.
  var state: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { get }

  /// One step's work on the parameters, in pieces for threads to share, those that take longest first.
  /// - Throws: `KernelError` where the backend cannot compute what the rule needs.
  func updates(of parameters: [Parameter], backend: any Backend) throws(KernelError) -> [Update]
}

/// A run of learned numbers that one thread moves.
struct Update: Sendable {
  let range: Range<Int>
  /// Whether weight decay applies to them.
  let decays: Bool
  let label: WorkLabel
  let move: @Sendable (Step) -> Void

  /// What one step gives the numbers of `range`; pointers are to the first.
  struct Step {
    /// From 1.
    let number: Int
    let learningRate: Double
    let weightDecay: Double
    let weights: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    /// A running average of the weights, which goes `averageShare` of the way to the new ones; nil for none.
    let average: UnsafeMutablePointer<Float>?
    let averageShare: Float
  }
}

extension Parameter {
  /// The parameter as updates of at most `countMax` numbers.
  func updates(
    countMax: Int, label: String, move: @escaping @Sendable (_ range: Range<Int>, _ step: Update.Step) -> Void
  ) -> [Update] {
    stride(from: range.lowerBound, to: range.upperBound, by: countMax).map { start in
      let part = start..<min(start + countMax, range.upperBound)
      return Update(range: part, decays: role.decays, label: WorkLabel(layerName, label)) { move(part, $0) }
    }
  }
}

extension AlignedBuffer {
  /// All of it as 32-bit floats, valid while the buffer lives.
  var allFloats: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: floats, count: byteCount / MemoryLayout<Float>.size)
  }
}
