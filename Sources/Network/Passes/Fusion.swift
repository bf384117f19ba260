/// Layers that run in one pass over memory.
struct FusedPass: Sendable {
  let layer: PlannedLayer
  /// Dropout, add and relu, in this order and each at most once, after a batch norm or linear layer.
  var tail: [any Layer] = []
  /// Whether a max pool of 2 x 2 windows runs with a batch norm.
  var pools = false
  /// In inference, the convolution before a batch norm; the two run as one where the backend is faster that way.
  var convolution: (PlannedLayer, ConvolutionLayer)?

  var dropoutRate: Double { tail.compactMap { $0 as? DropoutLayer }.first?.rate ?? 0 }
  var adds: Bool { tail.contains { $0 is AddLayer } }
  var hasReLU: Bool { tail.contains { $0 is ReLULayer } }

  fileprivate var canPool: Bool { layer.layer is BatchNormLayer && !pools && !adds && (hasReLU || dropoutRate == 0) }
}

/// Groups the layers that run in one pass over memory: dropout, add and relu with the batch norm or linear layer before
/// them; a max pool of 2 x 2 windows with the batch norm before it, unless a shortcut is added there or dropout comes
/// without a ReLU; and, in inference, a batch norm with the convolution before it.
func fuse(_ layers: [PlannedLayer], isTraining: Bool) -> [FusedPass] {
  var passes: [FusedPass] = []
  for planned in layers {
    let last = passes.indices.last
    if let last, type(of: planned.layer).tailOrder != nil {
      passes[last].tail.append(planned.layer)
    } else if let last, let pool = planned.layer as? MaxPoolLayer, pool.size == 2, passes[last].canPool {
      passes[last].pools = true
    } else if let last, !isTraining, planned.layer is BatchNormLayer,
      let convolution = passes[last].layer.layer as? ConvolutionLayer
    {
      passes[last] = FusedPass(layer: planned, convolution: (passes[last].layer, convolution))
    } else {
      passes.append(FusedPass(layer: planned))
    }
  }
  return passes
}
