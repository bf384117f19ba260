/// The pixels of a dot, from its point: what Pillow fills for a line of width 3 from (x, y) to (x - 1, y - 1).
private let dotPixels: [SIMD2<Int>] = [
  SIMD2(0, -2), SIMD2(-1, -1), SIMD2(0, -1), SIMD2(1, -1), SIMD2(-2, 0), SIMD2(-1, 0), SIMD2(0, 0), SIMD2(-1, 1),
]

func drawDots(_ dots: [SIMD2<Int>], color: UInt32, on canvas: borrowing Canvas) {
  for dot in dots {
    for pixel in dotPixels { canvas.paint(x: dot.x &+ pixel.x, y: dot.y &+ pixel.y, color) }
  }
}
