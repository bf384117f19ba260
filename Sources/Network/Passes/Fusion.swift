/// Layers that run in one pass over memory.
struct FusedPass: Sendable {
  let layer: PlannedLayer
  var tail = Tail()
  /// Whether a max pool of 2 x 2 windows runs with a batch norm.
  var pools = false
  /// In inference, the convolution before a batch norm; the two run as one where the backend is faster that way.
  var convolution: (PlannedLayer, ConvolutionLayer)?
}

/// What runs in the pass of a batch norm or linear layer, after it.
struct Tail: Sendable {
  var dropoutRate = 0.0
  var adds = false
  var hasReLU = false

  fileprivate mutating func append(_ part: TailPart) {
    switch part {
    case .dropout(let rate): dropoutRate = rate
    case .add: adds = true
    case .relu: hasReLU = true
    }
  }
}

/// A layer of a tail. They come in this order, each at most once.
enum TailPart: Sendable {
  case dropout(rate: Double)
  case add
  case relu

  private var order: Int {
    switch self {
    case .dropout: 0
    case .add: 1
    case .relu: 2
    }
  }

  func follows(_ layer: any Layer) -> Bool {
    layer.tailPart.map { $0.order < order } ?? type(of: layer).takesTail
  }
}

/// Groups the layers that run in one pass over memory: dropout, add and relu with the batch norm or linear layer before
/// them; a max pool of 2 x 2 windows with the batch norm before it, unless a shortcut is added there or dropout comes
/// without a ReLU; and, in inference, a batch norm with the convolution before it.
func fuse(_ layers: [PlannedLayer], isTraining: Bool) -> [FusedPass] {
  var passes: [FusedPass] = []
  for planned in layers {
    let last = passes.indices.last
    if let last, let part = planned.layer.tailPart {
      passes[last].tail.append(part)
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

extension FusedPass {
  fileprivate var canPool: Bool {
    layer.layer is BatchNormLayer && !pools && !tail.adds && (tail.hasReLU || tail.dropoutRate == 0)
  }
}
