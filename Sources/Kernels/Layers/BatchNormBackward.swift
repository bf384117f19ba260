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
    let pass = GradientPass(
      gradient: gradient, output: output, input: input, residualGradient: residualGradient, dropout: dropout,
      firstImage: firstImage)
    switch precision {
    case .float32: sumGradients(Float.self, pass, images: images, sums: sums)
    case .bfloat16: sumGradients(BFloat16.self, pass, images: images, sums: sums)
    }
  }

  /// The parameters of `sumGradients` that all its loops read.
  private struct GradientPass {
    let gradient: UnsafeMutableRawPointer
    let output: UnsafeRawPointer
    let input: UnsafeRawPointer
    let residualGradient: UnsafeMutableRawPointer?
    let dropout: DropoutMask?
    let firstImage: Int
  }

  private func sumGradients<Value: Element>(
    _: Value.Type, _ pass: GradientPass, images: Int, sums: UnsafeMutablePointer<Double>
  ) {
    // After a ReLU without a residual, y > 0 already tells which values dropout kept.
    if let dropout = pass.dropout, hasResidual || !hasReLU {
      forEachTile(ofImages: images, dropout, firstImage: pass.firstImage) { offset, pixels, channel, width, mask in
        var mask = mask
        sumTile(Value.self, pass, offset, pixels, channel, width, sums) { $0 * mask.factors() }
      }
    } else if let dropout = pass.dropout {
      shape.forEachTile(ofImages: images) { offset, pixels, _, _, channel, width in
        sumTile(Value.self, pass, offset, pixels, channel, width, sums) { $0 * dropout.scale }
      }
    } else {
      shape.forEachTile(ofImages: images) { offset, pixels, _, _, channel, width in
        sumTile(Value.self, pass, offset, pixels, channel, width, sums) { $0 }
      }
    }
  }

  /// One tile's part of `sumGradients`; `applyDropout` multiplies by dropout's factors.
  @inline(__always)
  private func sumTile<Value: Element>(
    _: Value.Type, _ pass: GradientPass, _ offset: Int, _ pixels: Int, _ channel: Int, _ width: Int,
    _ sums: UnsafeMutablePointer<Double>, applyDropout: (_ gradient: Vector) -> Vector
  ) {
    let mean = Float.load(mean, at: channel, width: width)
    let changesGradient = hasReLU || pass.dropout != nil
    let (hasReLU, block) = (hasReLU, shape.block)
    var (sum, sumOfProducts) = (Vector(), Vector())
    for pixel in 0..<pixels {
      let index = offset &+ pixel &* block
      var dz = Value.load(pass.gradient, at: index, width: width)
      if hasReLU {
        dz = Vector().replacing(with: dz, where: Value.load(pass.output, at: index, width: width) .> 0)
      }
      if let residualGradient = pass.residualGradient { Value.store(dz, residualGradient, at: index, width: width) }
      dz = applyDropout(dz)
      if changesGradient { Value.store(dz, pass.gradient, at: index, width: width) }
      sum += dz
      sumOfProducts += dz * (Value.load(pass.input, at: index, width: width) - mean)
    }
    add(sum, sumOfProducts, to: sums, channel: channel, width: width)
  }

  /// Overwrites `inputGradient`, which may be the same memory as `gradient`.
  /// - Parameters:
  ///   - gradient: The gradient of z, as `sumGradients` left it.
  ///   - input: x, as `apply` read it.
  package func backward(
    gradient: UnsafeRawPointer, input: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer, images: Int
  ) {
    switch precision {
    case .float32: backward(Float.self, gradient, input, inputGradient, images: images)
    case .bfloat16: backward(BFloat16.self, gradient, input, inputGradient, images: images)
    }
  }

  private func backward<Value: Element>(
    _: Value.Type, _ gradient: UnsafeRawPointer, _ input: UnsafeRawPointer, _ inputGradient: UnsafeMutableRawPointer,
    images: Int
  ) {
    let (mean, gradientScale, slope, intercept) = (mean, gradientScale, slope, intercept)
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
}
