/// What follows a linear layer's matrix product, in one pass: y = relu(dropout(x + bias)), each part where asked for.
/// Values are float32, [images, features].
package struct LinearActivation: Sendable, Hashable {
  package let features: Int
  package let hasReLU: Bool

  package init(features: Int, hasReLU: Bool) {
    self.features = features
    self.hasReLU = hasReLU
  }

  private var vectorCount: Int { (features + 7) / 8 }

  private func cursor(_ mask: DropoutMask, plane: Int, _ words: DropoutMask.Words) -> DropoutMask.Cursor {
    DropoutMask.Run(mask, plane: plane, vectors: 0..<vectorCount, words: words).cursor(at: 0)
  }

  /// Turns x into y in place.
  /// - Parameters:
  ///   - values: [images, features]
  ///   - bias: [features], or nil for none.
  ///   - dropout: nil keeps everything.
  ///   - firstImage: The index in the batch of the first image; dropout depends on it.
  package func forward(
    values: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>?, images: Int, dropout: DropoutMask?,
    firstImage: Int
  ) {
    DropoutMask.withWords(for: dropout, vectors: vectorCount) { words in
      for image in 0..<images {
        var mask = dropout.map { cursor($0, plane: firstImage + image, words) }
        let row = values + image * features
        forEachVector(count: features) { feature, width in
          var y = Float.load(row, at: feature, width: width)
          if let bias { y += Float.load(bias, at: feature, width: width) }
          if let factors = mask?.factors() { y *= factors }
          if hasReLU { y = rectified(y) }
          Float.store(y, row, at: feature, width: width)
        }
      }
    }
  }

  /// Turns the gradient of y into that of x in place.
  /// - Parameters:
  ///   - gradient, output: [images, features]; `output` is y, read only where there is a ReLU.
  ///   - dropout, firstImage: As in `forward`.
  package func backward(
    gradient: UnsafeMutablePointer<Float>, output: UnsafePointer<Float>, images: Int, dropout: DropoutMask?,
    firstImage: Int
  ) {
    DropoutMask.withWords(for: dropout, vectors: vectorCount) { words in
      for image in 0..<images {
        var mask = dropout.map { cursor($0, plane: firstImage + image, words) }
        let row = gradient + image * features
        forEachVector(count: features) { feature, width in
          var dx = Float.load(row, at: feature, width: width)
          if hasReLU {
            // y > 0 also tells which values dropout kept.
            let y = Float.load(output, at: image * features + feature, width: width)
            dx = Vector().replacing(with: dx, where: y .> 0)
            if let dropout { dx *= dropout.scale }
          } else if let factors = mask?.factors() {
            dx *= factors
          }
          Float.store(dx, row, at: feature, width: width)
        }
      }
    }
  }

  /// Overwrites `biasGradient`, [features], with the sum over images of `gradient`, [images, features], the gradient
  /// of x.
  package func sumBiasGradient(
    gradient: UnsafePointer<Float>, images: Int, biasGradient: UnsafeMutablePointer<Float>
  ) {
    forEachVector(count: features) { feature, width in
      var sum = Vector()
      for image in 0..<images { sum += Float.load(gradient, at: image * features + feature, width: width) }
      Float.store(sum, biasGradient, at: feature, width: width)
    }
  }
}
