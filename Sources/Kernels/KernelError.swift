/// Why a backend cannot compute something.
package enum KernelError: Error, Hashable, Sendable {
  /// The backend has no arithmetic for `precision` on this CPU.
  case unsupportedPrecision(Precision, backend: String)
  /// The backend cannot read or write activations in this order.
  case unsupportedLayout(ActivationShape, backend: String)
  /// oneDNN refused an operation; `status` is its `dnnl_status_t`.
  case oneDNN(operation: String, geometry: ConvolutionGeometry, status: UInt32)
  /// oneDNN refused a matrix product; `status` is its `dnnl_status_t`.
  case matrixProduct(MatrixProductShape, status: UInt32)
}
