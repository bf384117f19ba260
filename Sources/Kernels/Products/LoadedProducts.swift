/// Matrix products of one shape whose B changes seldom. Their description names the code that computes them.
package protocol LoadedProducts: Sendable, CustomStringConvertible {
  /// Copies every B, [count, k, n]; runs while no product does.
  func load(_ b: UnsafePointer<Float>)

  /// Runs on the calling thread; on as many at a time as the products were made for.
  /// - Parameters:
  ///   - a: [count, m, k] in the precision that the products were made for.
  ///   - c: [count, m, n]; overwritten.
  func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>)
}

/// Products with a copy of B in its own order. Float32 alone.
struct CopiedProducts: LoadedProducts {
  private let b: AlignedBuffer
  private let count: Int
  private let idle: Idle<any MatrixProduct>
  let description: String

  /// - Parameter products: One for each thread that runs at a time.
  init(_ shape: MatrixProductShape, _ products: [any MatrixProduct]) {
    count = shape.count * shape.k * shape.n
    description = products.first.map { "\($0)" } ?? "none"
    b = AlignedBuffer(Float.self, count: count)
    idle = Idle(products)
  }

  func load(_ b: UnsafePointer<Float>) { self.b.floats.update(from: b, count: count) }

  func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
    idle.lend { product in product.run(a: a, b: b.floats, c: c) }
  }
}
