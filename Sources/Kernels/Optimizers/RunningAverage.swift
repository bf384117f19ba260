/// Moves `average`, [count], to `values` by the fraction `share` of the distance.
package func updateAverage(
  _ average: UnsafeMutablePointer<Float>, of values: UnsafePointer<Float>, count: Int, share: Float
) {
  forEachVector(count: count) { offset, width in
    approach(Float.load(values, at: offset, width: width), average, share: share, at: offset, width: width)
  }
}

/// The same for one vector of `values`, at index `offset`.
@inline(__always)
func approach(
  _ values: Vector, _ average: UnsafeMutablePointer<Float>, share: Float, at offset: Int, width: Int
) {
  let present = Float.load(average, at: offset, width: width)
  Float.store(present + (values - present) * share, average, at: offset, width: width)
}
