/// Adds `count` stored values to those of `sum`, element by element.
package func accumulate(
  _ values: UnsafeRawPointer, into sum: UnsafeMutableRawPointer, count: Int, precision: Precision
) {
  switch precision {
  case .float32: accumulate(Float.self, values, into: sum, count: count)
  case .bfloat16: accumulate(BFloat16.self, values, into: sum, count: count)
  }
}

private func accumulate<Value: Element>(
  _: Value.Type, _ values: UnsafeRawPointer, into sum: UnsafeMutableRawPointer, count: Int
) {
  forEachVector(count: count) { offset, width in
    let total = Value.load(sum, at: offset, width: width) + Value.load(values, at: offset, width: width)
    Value.store(total, sum, at: offset, width: width)
  }
}

/// Adds `values` to those of `sum`, element by element.
package func addFloats(_ values: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int) {
  accumulate(Float.self, values, into: sum, count: count)
}
