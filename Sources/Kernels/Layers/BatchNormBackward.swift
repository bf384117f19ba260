extension BatchNorm {
  /// Overwrites the lane's sums of dz and of dz * (x - mean), gives the residual its gradient, and turns the gradient
  /// of y into that of z in place. All activations are [images, shape].
  /// - Parameters:
  ///   - gradient: The gradient of y; afterwards that of z, for `backward`.
  ///   - output: y, as `apply` wrote it; read only where the layer has a ReLU.
  ///   - input: x, as `apply` read it.
  ///   - residualGradient: Overwritten; nil where the layer has no residual.
  ///   - dropout, firstImage: As in `apply`.
  package func sumGradients(
    lane: Int, gradient: UnsafeMutableRawPointer, output: UnsafeRawPointer, input: UnsafeRawPointer, images: Int,
    residualGradient: UnsafeMutableRawPointer?, dropout: DropoutMask?, firstImage: Int
  ) {
    let sums = sums(lane: lane)
    sums.update(repeating: 0, count: 2 * shape.channels)
    let changesGradient = hasReLU || dropout != nil
    let (hasReLU, hasResidual, block) = (hasReLU, hasResidual, shape.block)
    func sumGradients<Value: Element>(_: Value.Type) {
      @inline(__always)
      func sumTile(
        _ offset: Int, _ pixels: Int, _ channel: Int, _ width: Int, applyDropout: (_ gradient: Vector) -> Vector
      ) {
        let mean = Float.load(mean, at: channel, width: width)
        var (sum, sumOfProducts) = (Vector(), Vector())
        for pixel in 0..<pixels {
          let index = offset &+ pixel &* block
          var dz = Value.load(gradient, at: index, width: width)
          if hasReLU { dz = Vector().replacing(with: dz, where: Value.load(output, at: index, width: width) .> 0) }
          if let residualGradient { Value.store(dz, residualGradient, at: index, width: width) }
          dz = applyDropout(dz)
          if changesGradient { Value.store(dz, gradient, at: index, width: width) }
          sum += dz
          sumOfProducts += dz * (Value.load(input, at: index, width: width) - mean)
        }
        add(sum, sumOfProducts, to: sums, channel: channel, width: width)
      }
      // After a ReLU without a residual, y > 0 already tells which values dropout kept.
      if let dropout, hasResidual || !hasReLU {
        forEachTile(ofImages: images, dropout, firstImage: firstImage) { offset, pixels, channel, width, mask in
          var mask = mask
          sumTile(offset, pixels, channel, width) { $0 * mask.factors() }
        }
      } else if let dropout {
        shape.forEachTile(ofImages: images) { offset, pixels, _, _, channel, width in
          sumTile(offset, pixels, channel, width) { $0 * dropout.scale }
        }
      } else {
        shape.forEachTile(ofImages: images) { offset, pixels, _, _, channel, width in
          sumTile(offset, pixels, channel, width) { $0 }
        }
      }
    }
    switch precision {
    case .float32: sumGradients(Float.self)
    case .bfloat16: sumGradients(BFloat16.self)
    }
  }

  /// Overwrites `inputGradient`, which may be the same memory as `gradient`.
  /// - Parameters:
  ///   - gradient: The gradient of z, as `sumGradients` left it.
  ///   - input: x, as `apply` read it.
  package func backward(
    gradient: UnsafeRawPointer, input: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer, images: Int
  ) {
    let (mean, gradientScale, slope, intercept) = (mean, gradientScale, slope, intercept)
    func backward<Value: Element>(_: Value.Type) {
      @inline(__always)
      func applyVector(_ offset: Int, _ channel: Int, _ width: Int) {
        let dz = Value.load(gradient, at: offset, width: width)
        let centered = Value.load(input, at: offset, width: width) - Float.load(mean, at: channel, width: width)
        let dx =
          dz * Float.load(gradientScale, at: channel, width: width)
          + centered * Float.load(slope, at: channel, width: width)
          + Float.load(intercept, at: channel, width: width)
        Value.store(dx, inputGradient, at: offset, width: width)
      }
      forEachActivation(ofImages: images, applyVector)
    }
    switch precision {
    case .float32: backward(Float.self)
    case .bfloat16: backward(BFloat16.self)
    }
  }
}
