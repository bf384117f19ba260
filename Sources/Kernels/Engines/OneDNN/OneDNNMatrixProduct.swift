#if OneDNN
  import COneDNN

  /// A float32 matrix product by oneDNN's BLAS function, which needs no code compiled for the shape.
  struct OneDNNMatrixProduct: MatrixProduct {
    /// One product.
    let shape: MatrixProductShape

    var description: String { "sgemm" }

    func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
      OneDNNFailure.require(
        onCallingThread {
          dnnl_sgemm(
            letter(shape.transposesA), letter(shape.transposesB), dnnl_dim_t(shape.m), dnnl_dim_t(shape.n),
            dnnl_dim_t(shape.k), 1, a.assumingMemoryBound(to: Float.self), dnnl_dim_t(shape.lda),
            b.assumingMemoryBound(to: Float.self), dnnl_dim_t(shape.ldb), shape.accumulates ? 1 : 0, c,
            dnnl_dim_t(shape.ldc))
        })
    }

    private func letter(_ transpose: Bool) -> CChar { CChar(UInt8(ascii: transpose ? "T" : "N")) }
  }

  /// Matrix products for which oneDNN compiles code: several at once, or of bfloat16 numbers.
  struct OneDNNCompiledProducts: MatrixProduct {
    private let execution: Execution
    let description: String

    /// - Parameter precision: Of A and B.
    init(_ shape: MatrixProductShape, precision: Precision, _ engine: OneDNNEngine) throws(OneDNNFailure) {
      let layouts = try ProductLayouts(shape, precision: precision)
      let primitive = try OneDNNPrimitive(layouts.makeOperation(accumulates: shape.accumulates, engine))
      description = primitive.operation.implementation
      execution = try Execution(
        primitive,
        [(DNNL_ARG_SRC, layouts.a, nil), (DNNL_ARG_WEIGHTS, layouts.b, nil), (DNNL_ARG_DST, layouts.c, nil)], engine)
    }

    func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) { execution(a, b, c) }
  }

  /// Layouts of the operands of matrix products.
  struct ProductLayouts {
    let a: OneDNNLayout
    let b: OneDNNLayout
    let c: OneDNNLayout

    /// - Parameter choosesB: Leaves the order of B to oneDNN.
    init(_ shape: MatrixProductShape, precision: Precision, choosesB: Bool = false) throws(OneDNNFailure) {
      func layout(
        _ rows: Int, _ columns: Int, _ precision: Precision, rowStride: Int, isTransposed: Bool
      ) throws(OneDNNFailure) -> OneDNNLayout {
        let strides = isTransposed ? [1, rowStride] : [rowStride, 1]
        let matrixStride = (isTransposed ? columns : rows) * rowStride
        return shape.count == 1
          ? try OneDNNLayout([rows, columns], precision, strides: strides)
          : try OneDNNLayout([shape.count, rows, columns], precision, strides: [matrixStride] + strides)
      }
      a = try layout(shape.m, shape.k, precision, rowStride: shape.lda, isTransposed: shape.transposesA)
      b =
        choosesB
        ? try OneDNNLayout(
          (shape.count == 1 ? [] : [shape.count]) + [shape.k, shape.n], precision, order: dnnl_format_tag_any)
        : try layout(shape.k, shape.n, precision, rowStride: shape.ldb, isTransposed: shape.transposesB)
      c = try layout(shape.m, shape.n, .float32, rowStride: shape.ldc, isTransposed: false)
    }

    func makeOperation(accumulates: Bool, _ engine: OneDNNEngine) throws(OneDNNFailure) -> OneDNNOperation {
      try OneDNNOperation(accumulates: accumulates) { operation, attributes in
        glyphline_onednn_product(&operation, engine.handle, a.handle, b.handle, c.handle, attributes)
      }
    }
  }
#endif
