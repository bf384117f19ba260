import Kernels
import Specs
import Workers

/// What a pipeline computes with: the kernels, how activations are stored, and the threads.
package struct Engine: Sendable {
  let backend: any Backend
  let precision: Precision
  let team: Team

  /// - Parameters:
  ///   - choice: How activations are stored; `automatic` for the best that the CPU has.
  ///   - threadCount: nil takes every core.
  /// - Throws: `PipelineError.unsupportedPrecision`, `KernelError.noBackend`.
  package init(_ choice: TrainingSpec.Precision, threadCount: Int?) throws {
    try self.init(choice, team: Team(threadCount: threadCount))
  }

  init(_ choice: TrainingSpec.Precision, team: Team) throws {
    backend = try makeBackend()
    precision =
      switch choice {
      case .automatic: backend.supports(.bfloat16) ? .bfloat16 : .float32
      case .float32: .float32
      case .bfloat16: .bfloat16
      }
    guard backend.supports(precision) else {
      throw PipelineError.unsupportedPrecision(precision.rawValue, backend: backend.name)
    }
    self.team = team
  }
}
