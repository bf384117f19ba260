#if OneDNN
  import COneDNN

  /// A float32 matrix product by oneDNN.
  final class OneDNNMatrixProduct: MatrixProduct {
    private let shape: MatrixProductShape

    init(_ shape: MatrixProductShape) { self.shape = shape }

    func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
      glyphline_onednn_use_calling_thread_only()
      OneDNNFailure.require(
        dnnl_sgemm(
          letter(shape.transposesA), letter(shape.transposesB), dnnl_dim_t(shape.m), dnnl_dim_t(shape.n),
          dnnl_dim_t(shape.k), 1, a.assumingMemoryBound(to: Float.self), dnnl_dim_t(shape.lda),
          b.assumingMemoryBound(to: Float.self), dnnl_dim_t(shape.ldb), shape.accumulates ? 1 : 0, c,
          dnnl_dim_t(shape.ldc)))
    }

    private func letter(_ transpose: Bool) -> CChar { CChar(UInt8(ascii: transpose ? "T" : "N")) }
  }

  /// A matrix product of bfloat16 numbers by oneDNN.
  final class OneDNNBFloat16MatrixProduct: MatrixProduct {
    private let products: OneDNNProducts

    /// - Precondition: the product does not accumulate.
    init(_ shape: MatrixProductShape, _ engine: OneDNNEngine) throws(KernelError) {
      precondition(!shape.accumulates)
      do throws(OneDNNFailure) {
        products = try OneDNNProducts(
          a: Self.describe(shape.m, shape.k, dnnl_bf16, rowStride: shape.lda, isTransposed: shape.transposesA),
          b: Self.describe(shape.k, shape.n, dnnl_bf16, rowStride: shape.ldb, isTransposed: shape.transposesB),
          c: Self.describe(shape.m, shape.n, dnnl_f32, rowStride: shape.ldc, isTransposed: false), engine)
      } catch {
        throw .matrixProduct(shape, status: error.status.rawValue)
      }
    }

    private static func describe(
      _ rows: Int, _ columns: Int, _ type: dnnl_data_type_t, rowStride: Int, isTransposed: Bool
    ) throws(OneDNNFailure) -> dnnl_memory_desc_t {
      var description = dnnl_memory_desc_t()
      let shape = [dnnl_dim_t(rows), dnnl_dim_t(columns)]
      let strides = isTransposed ? [1, dnnl_dim_t(rowStride)] : [dnnl_dim_t(rowStride), 1]
      try OneDNNFailure.check(dnnl_memory_desc_init_by_strides(&description, 2, shape, type, strides))
      return description
    }

    func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
      products.run(a: a, b: b, c: c)
    }
  }
#endif
