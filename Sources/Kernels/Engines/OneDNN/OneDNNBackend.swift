#if OneDNN
  import COneDNN

  /// oneDNN's matrix products and convolutions, always on the calling thread alone: the lanes already keep the cores busy.
  struct OneDNNBackend: LibraryBackend {
    private let engine: OneDNNEngine
    private let instructionSet: dnnl_cpu_isa_t
    let scratch = ScratchMemory()

    /// nil where oneDNN finds no CPU that it supports, or multiplies matrices by its reference, as its builds for ARM do.
    init?() {
      guard let engine = try? OneDNNEngine(),
        let layouts = try? ProductLayouts(MatrixProductShape(m: 64, n: 64, k: 64), precision: .float32),
        let product = try? layouts.makeOperation(accumulates: false, engine), !product.isReference
      else { return nil }
      self.engine = engine
      instructionSet = dnnl_get_effective_cpu_isa()
    }

    var name: String {
      let names = [
        (dnnl_cpu_isa_avx512_core_amx, "amx"), (dnnl_cpu_isa_avx512_core_bf16, "avx512 with bf16"),
        (dnnl_cpu_isa_avx512_core, "avx512"), (dnnl_cpu_isa_avx2, "avx2"), (dnnl_cpu_isa_avx, "avx"),
        (dnnl_cpu_isa_sse41, "sse4.1"),
      ]
      let instructionSetName = names.first { has($0.0) }?.1 ?? "instruction set \(instructionSet.rawValue)"
      guard let version = dnnl_version()?.pointee else { return "oneDNN, \(instructionSetName)" }
      return "oneDNN \(version.major).\(version.minor).\(version.patch), \(instructionSetName)"
    }

    /// bfloat16 only where the CPU multiplies it: oneDNN runs it on every AVX-512 CPU, but slower than float32.
    func supports(_ precision: Precision) -> Bool {
      switch precision {
      case .float32: true
      case .bfloat16: has(dnnl_cpu_isa_avx512_core_bf16)
      }
    }

    /// oneDNN has fast code for convolutions between activations of the same order. NHWC is fast on every CPU. For float32 on
    /// AVX2 or newer, blocks as wide as a register are 15 to 25 % faster (measured on Zen 3); on older CPUs the backward
    /// passes of blocks are reference code. bfloat16 is fastest in NHWC.
    func order(filters: [Int], precision: Precision) -> ActivationOrder {
      guard precision == .float32 && has(dnnl_cpu_isa_avx2) else { return .channelsLast }
      let block = has(dnnl_cpu_isa_avx512_core) ? 16 : 8
      return filters.allSatisfy { $0 % block == 0 } ? .blocked(block) : .channelsLast
    }

    /// Instruction sets are bit masks, in which a newer one has the bits of those that it includes.
    private func has(_ other: dnnl_cpu_isa_t) -> Bool {
      instructionSet.rawValue & other.rawValue == other.rawValue
    }

    func makeLibraryProduct(_ shape: MatrixProductShape, precision: Precision) throws(KernelError) -> any MatrixProduct
    {
      // Compiling code for a float32 product takes 5 to 50 milliseconds.
      if precision == .float32 && shape.count == 1 { return OneDNNMatrixProduct(shape: shape) }
      return try make(shape) { () throws(OneDNNFailure) in
        try OneDNNCompiledProducts(shape, precision: precision, engine)
      }
    }

    func makeLoadedProducts(
      _ shape: MatrixProductShape, precision: Precision, threadCount: Int
    ) throws(KernelError) -> any LoadedProducts {
      try make(shape) { () throws(OneDNNFailure) in
        try OneDNNLoadedProducts(shape, precision: precision, threadCount: threadCount, engine)
      }
    }

    func makeLibraryConvolution(
      _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
      precision: Precision, directions: Set<ConvolutionDirection>
    ) throws(KernelError) -> (convolution: any Convolution, directions: Set<ConvolutionDirection>)? {
      // With SSE4.1 its products are twice as fast as its convolutions (30 and 16 GFLOP/s, measured on Zen 3), so lowering
      // is faster.
      guard has(dnnl_cpu_isa_avx), let orders = orders(input, output) else { return nil }
      return try make(geometry) { () throws(OneDNNFailure) in
        let primitives = try ConvolutionPrimitives(
          geometry, inputOrder: orders.input, outputOrder: orders.output, laneImages: laneImages, precision: precision,
          directions: directions, engine)
        guard !primitives.primitives.isEmpty else { return nil }
        return (
          try OneDNNConvolution(geometry, primitives, laneCount: laneCount, engine), Set(primitives.primitives.keys)
        )
      }
    }

    /// - Parameter operation: What oneDNN refuses if `body` fails.
    private func make<Result>(
      _ operation: Any, _ body: () throws(OneDNNFailure) -> Result
    ) throws(KernelError) -> Result {
      do {
        return try onCallingThread(body)
      } catch {
        throw .refused("\(operation)", status: error.status.rawValue)
      }
    }

    /// oneDNN's names of the two memory orders. One order may have several names; oneDNN has fast code for the one that
    /// matches the other side's: NHWC beside NHWC, else blocks, and whole planes for the pixels.
    private func orders(
      _ input: ActivationShape, _ output: ActivationShape
    ) -> (input: dnnl_format_tag_t, output: dnnl_format_tag_t)? {
      if input.block == input.channels && output.block == output.channels { return (dnnl_nhwc, dnnl_nhwc) }
      func order(_ shape: ActivationShape) -> dnnl_format_tag_t? {
        switch shape.block {
        case 1: dnnl_nchw
        case 8: dnnl_nChw8c
        case 16: dnnl_nChw16c
        default: nil
        }
      }
      guard let input = order(input), let output = order(output) else { return nil }
      return (input, output)
    }
  }
#endif
