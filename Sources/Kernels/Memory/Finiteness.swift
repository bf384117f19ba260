/// Whether all values are finite: no infinity and no NaN.
package func areFinite(_ values: UnsafeRawPointer, count: Int, precision: Precision) -> Bool {
  switch precision {
  case .float32: areFinite(Float.self, values, count: count)
  case .bfloat16: areFinite(BFloat16.self, values, count: count)
  }
}

private func areFinite<Value: Element>(_: Value.Type, _ values: UnsafeRawPointer, count: Int) -> Bool {
  var sum = Vector()
  // Only finite values times 0 are 0.
  forEachVector(count: count) { offset, width in sum += Value.load(values, at: offset, width: width) * 0 }
  return sum.sum() == 0
}
