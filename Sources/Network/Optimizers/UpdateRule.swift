import Kernels
import Specs
import Workers

/// How an optimizer updates learned values, and what it keeps of former steps. Each rule has a file.
protocol UpdateRule: Sendable {
  /// The optimizers of a spec that use this rule.
  static var forms: [OptimizerForm] { get }

  /// - Parameter count: The number of all learned values.
  init(count: Int)

  /// What it keeps, by the names in checkpoints after `Optimizer.statePrefix`. All 0 before the first step.
  var state: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { get }

  /// The updates of one step, for threads to share, the longest first.
  /// - Throws: `KernelError` where the backend cannot compute what the rule needs.
  func updates(of pieces: [ParameterPiece], backend: any Backend) throws(KernelError) -> [Update]
}

/// A range of learned values that one thread updates.
struct Update: Sendable {
  let range: Range<Int>
  /// Whether weight decay applies to them.
  let decays: Bool
  let label: WorkLabel
  let move: @Sendable (Step) -> Void

  /// The inputs of one step; pointers are to the first value of `range`.
  struct Step {
    /// From 1.
    let number: Int
    let learningRate: Double
    let weightDecay: Double
    let weights: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    /// A running average of the weights, which moves by the fraction `averageShare` to the new ones; nil for none.
    let average: UnsafeMutablePointer<Float>?
    let averageShare: Float
  }
}

extension ParameterPiece {
  /// The piece as updates of at most `countMax` values.
  func updates(
    countMax: Int, label: String, move: @escaping @Sendable (_ range: Range<Int>, _ step: Update.Step) -> Void
  ) -> [Update] {
    stride(from: range.lowerBound, to: range.upperBound, by: countMax).map { start in
      let part = start..<min(start + countMax, range.upperBound)
      return Update(range: part, decays: parameter.role.decays, label: WorkLabel(parameter.layerName, label)) {
        move(part, $0)
      }
    }
  }
}
