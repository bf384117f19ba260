#if OneDNN
  import COneDNN

  /// Matrix products whose B is kept in the order that oneDNN chooses.
  struct OneDNNLoadedProducts: LoadedProducts {
    private let copy: Execution
    private let products: Idle<Execution>
    let description: String

    init(
      _ shape: MatrixProductShape, precision: Precision, threadCount: Int, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let layouts = try ProductLayouts(shape, precision: precision, choosesB: true)
      let primitive = try OneDNNPrimitive(layouts.makeOperation(accumulates: false, engine))
      description = primitive.operation.implementation
      let layout = try OneDNNLayout(of: dnnl_query_weights_md, in: primitive.operation)
      let b = AlignedBuffer(byteCount: layout.byteCount)
      copy = try Execution(
        copying: (ProductLayouts(shape, precision: .float32).b, nil), to: (layout, b), engine)
      var products: [Execution] = []
      for _ in 0..<threadCount {
        products.append(
          try Execution(
            primitive,
            [(DNNL_ARG_SRC, layouts.a, nil), (DNNL_ARG_DST, layouts.c, nil), (DNNL_ARG_WEIGHTS, layout, b)], engine))
      }
      self.products = Idle(products)
    }

    func load(_ b: UnsafePointer<Float>) { copy(b) }

    func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) { products.lend { $0(a, c) } }
  }
#endif
