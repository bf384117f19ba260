/// Why a backend cannot compute something.
package enum KernelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No backend has this name, or this machine or build lacks its library.
  case noBackend(named: String)
  /// The backend has no arithmetic for `precision` on this CPU.
  case unsupportedPrecision(Precision, backend: String)
  /// oneDNN refused a convolution or a matrix product; `status` is its `dnnl_status_t`.
  case refused(String, status: UInt32)

  package var description: String {
    switch self {
    case .noBackend(let name):
      "GLYPHLINE_BACKEND: no backend '\(name)' here; there are "
        + BackendName.allCases.filter { $0.makeBackend() != nil }.map(\.rawValue).joined(separator: ", ")
    case .unsupportedPrecision(let precision, let backend):
      "\(backend) does not multiply \(precision.rawValue) on this CPU"
    case .refused(let operation, let status): "oneDNN refused \(operation) with status \(status)"
    }
  }
}
