/// Overwrites `output` with the nearest bfloat16 numbers.
package func roundToBFloat16(
  _ values: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<BFloat16>
) {
  forEachVector(count: count) { offset, width in
    BFloat16.store(Float.load(values, at: offset, width: width), output, at: offset, width: width)
  }
}
