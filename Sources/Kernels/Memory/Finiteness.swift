/// Whether all values are finite: no infinity and no NaN.
package func areFinite(_ values: UnsafeRawPointer, count: Int, precision: Precision) -> Bool {
  func areFinite<Value: Element>(_: Value.Type) -> Bool {
    var sum = Vector()
    // Only finite values times 0 are 0.
    forEachVector(count: count) { offset, width in sum += Value.load(values, at: offset, width: width) * 0 }
    return sum.sum() == 0
  }
  return switch precision {
  case .float32: areFinite(Float.self)
  case .bfloat16: areFinite(BFloat16.self)
  }
}
