#if OneDNN
  import COneDNN

  /// oneDNN's convolutions and matrix products, always on the calling thread alone: the lanes already occupy the cores.
  package struct OneDNNBackend: Backend {
    private let engine: OneDNNEngine
    private let instructionSet: dnnl_cpu_isa_t
    /// Of all convolutions together.
    private let scratch = ScratchMemory()

    /// nil where oneDNN finds no CPU that it can use.
    package init?() {
      guard let engine = try? OneDNNEngine() else { return nil }
      self.engine = engine
      instructionSet = dnnl_get_effective_cpu_isa()
    }

    package var name: String {
      let instructionSetName =
        switch instructionSet {
        case dnnl_cpu_isa_sse41: "sse4.1"
        case dnnl_cpu_isa_avx: "avx"
        case dnnl_cpu_isa_avx2, dnnl_cpu_isa_avx2_vnni: "avx2"
        case dnnl_cpu_isa_avx512_core, dnnl_cpu_isa_avx512_core_vnni: "avx512"
        case dnnl_cpu_isa_avx512_core_bf16: "avx512 with bf16"
        case dnnl_cpu_isa_avx512_core_amx: "amx"
        default: "instruction set \(instructionSet.rawValue)"
        }
      guard let version = dnnl_version()?.pointee else { return "oneDNN, \(instructionSetName)" }
      return "oneDNN \(version.major).\(version.minor).\(version.patch), \(instructionSetName)"
    }

    /// bfloat16 only where the CPU multiplies it: oneDNN runs it on every AVX-512 CPU, but slower than float32.
    package func supports(_ precision: Precision) -> Bool {
      switch precision {
      case .float32: true
      case .bfloat16: has(dnnl_cpu_isa_avx512_core_bf16)
      }
    }

    /// Blocked layouts are 15 to 25 % faster than NHWC for float32 (measured on Zen 3); bfloat16 code prefers NHWC.
    package func preferredBlock(channels: Int, precision: Precision) -> Int {
      let block = precision == .float32 ? nativeBlock : channels
      return channels % block == 0 ? block : channels
    }

    /// float32 values in a register of the CPU.
    private var nativeBlock: Int { has(dnnl_cpu_isa_avx512_core) ? 16 : 8 }

    /// Instruction sets are bit masks, in which a newer one has the bits of those that it includes.
    private func has(_ other: dnnl_cpu_isa_t) -> Bool {
      instructionSet.rawValue & other.rawValue == other.rawValue
    }

    package func makeConvolution(
      _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
      precision: Precision, training: Bool, needsInputGradient: Bool
    ) throws(KernelError) -> any Convolution {
      geometry.requireFit(input: input, output: output)
      guard supports(precision) else { throw .unsupportedPrecision(precision, backend: name) }
      guard let inputLayout = layout(of: input, beside: output) else {
        throw .unsupportedLayout(input, backend: name)
      }
      guard let outputLayout = layout(of: output, beside: input) else {
        throw .unsupportedLayout(output, backend: name)
      }
      glyphline_onednn_use_calling_thread_only()
      if training && precision == .float32
        && WideWinogradTiles.areFaster(for: geometry, input: input, output: output, images: laneImages)
      {
        return try WideWinogradConvolution(
          geometry, input: input, output: output, laneImages: laneImages, lanes: lanes,
          needsInputGradient: needsInputGradient, scratch: scratch, engine: engine)
      }
      return try OneDNNConvolution(
        geometry, input: input, inputLayout: inputLayout, output: output, outputLayout: outputLayout,
        laneImages: laneImages, lanes: lanes, precision: precision, training: training,
        needsInputGradient: needsInputGradient, backend: self, engine: engine)
    }

    /// The name of a memory order. Some orders have two names; oneDNN has fast code for one of them only, and takes
    /// its slow reference, thousands of times slower, for the other: blocked goes before NHWC, and one channel is NCHW
    /// unless the activation at the convolution's other side is NHWC.
    private func layout(of shape: ActivationShape, beside other: ActivationShape) -> dnnl_format_tag_t? {
      switch shape.block {
      case nativeBlock: nativeBlock == 8 ? dnnl_nChw8c : dnnl_nChw16c
      case 1 where shape.channels > 1 || other.block != other.channels || other.block == nativeBlock: dnnl_nchw
      case shape.channels: dnnl_nhwc
      case 8: dnnl_nChw8c
      case 16: dnnl_nChw16c
      default: nil
      }
    }

    package func makeNormalizedConvolution(
      _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int,
      lanes: Int, threadCount: Int
    ) throws(KernelError) -> (any NormalizedConvolution)? {
      geometry.requireFit(input: input, output: norm.shape)
      guard supports(norm.precision) else { throw .unsupportedPrecision(norm.precision, backend: name) }
      glyphline_onednn_use_calling_thread_only()
      func make(_ tiles: some WinogradReading) throws(KernelError) -> any NormalizedConvolution {
        try WinogradConvolution(
          geometry, tiles, input: input, norm: norm, pools: pools, laneImages: laneImages, threadCount: threadCount,
          scratch: scratch, engine: engine)
      }
      let (output, images) = (norm.shape, lanes * laneImages)
      if norm.precision == .float32
        && WideWinogradReading.isFaster(for: geometry, input: input, output: output, pools: pools, images: images)
      {
        return try make(WideWinogradReading(input: input, output: output, pools: pools))
      }
      guard WinogradTiles.areFaster(for: geometry, input: input, output: output, images: images) else { return nil }
      return try make(WinogradTiles(input: input, output: output, precision: norm.precision, pools: pools))
    }

    package func makeMatrixProduct(
      _ shape: MatrixProductShape, precision: Precision
    ) throws(KernelError) -> any MatrixProduct {
      guard supports(precision) else { throw .unsupportedPrecision(precision, backend: name) }
      glyphline_onednn_use_calling_thread_only()
      // oneDNN compiles code for a product first, which takes 5 to 50 milliseconds in float32.
      switch precision {
      case .float32: return DotProducts<Float>(shape) ?? OneDNNMatrixProduct(shape)
      case .bfloat16:
        if let product = DotProducts<BFloat16>(shape) { return product }
        return try OneDNNBFloat16MatrixProduct(shape, engine)
      }
    }
  }
#endif
