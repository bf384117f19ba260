/// Red, green and blue of a color written as `#RRGGBB`.
func color(_ text: String) -> SIMD3<UInt8>? {
  guard text.wholeMatch(of: /#[0-9A-Fa-f]{6}/) != nil, let number = UInt32(text.dropFirst(), radix: 16) else {
    return nil
  }
  return SIMD3(truncatingIfNeeded: SIMD3(number >> 16, number >> 8, number))
}

/// Colors as in canonical texts.
func text(_ colors: [SIMD3<UInt8>]) -> String {
  text(
    colors.map { color in
      let number = 1 << 24 | Int(color.x) << 16 | Int(color.y) << 8 | Int(color.z)
      return quoted("#" + String(number, radix: 16, uppercase: true).dropFirst())
    })
}
