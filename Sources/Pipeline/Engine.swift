import Kernels
import Specs
import Workers

/// What a pipeline computes with: kernels, precision of activations, threads.
struct Engine: Sendable {
  let backend: any Backend
  let precision: Precision
  let team: Team

  /// - Parameters:
  ///   - choice: Precision of activations; `automatic` is bfloat16 where the CPU computes with it, else float32.
  ///   - threadCount: nil for all CPUs that the process may use.
  /// - Throws: `PipelineError.unsupportedPrecision`, `KernelError.noBackend`.
  init(_ choice: TrainingSpec.Precision, threadCount: Int?) throws {
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
    team = Team(threadCount: threadCount)
  }
}
