/// Draws a line several pixels wide, its ends cut off at right angles, as Pillow does: `ImagingDrawWideLine` and
/// `polygon_generic` (`Draw.c`).
/// - Parameter width: Pixels; at least 2.
func drawWideLine(from start: SIMD2<Int>, to end: SIMD2<Int>, width: Int, color: UInt32, on canvas: borrowing Canvas) {
  guard start != end else { return canvas.paint(x: start.x, y: start.y, color) }
  let edges = lineOutline(from: start, to: end, width: width)
  var (top, bottom) = (canvas.height - 1, 0)
  for index in edges.indices {
    let edge = edges[index]
    top = min(top, edge.top)
    bottom = max(bottom, edge.bottom)
    if edge.isLevel { paintRow(edge.top, from: edge.left, to: edge.right, color, on: canvas) }
  }
  top = max(top, 0)
  bottom = min(bottom, canvas.height)
  guard top <= bottom else { return }
  for y in top...bottom {
    var crossings = edgeCrossings(edges, y: y, isLastRow: y == bottom)
    crossings.sort()
    for index in stride(from: 1, to: crossings.count, by: 2) {
      let (left, right) = (crossings.values[index - 1], crossings.values[index])
      paintRow(y, from: roundedUp(left), to: roundedDown(right), color, on: canvas)
    }
  }
}

/// The edges of the line's rectangle.
private func lineOutline(from start: SIMD2<Int>, to end: SIMD2<Int>, width: Int) -> InlineArray<4, Edge> {
  let way = end &- start
  let length = Double(way.x * way.x + way.y * way.y).squareRoot()
  let half = Double(width - 1) / 2
  // Of an even width, the second half gets the odd pixel.
  let (smaller, larger) = (half.rounded(.down) / length, half.rounded(.up) / length)
  func across(_ ratio: Double, _ distance: Int) -> Int { roundedDown(ratio * Double(distance)) }
  let lower = SIMD2(-across(smaller, way.y), across(larger, way.x))
  let upper = SIMD2(across(larger, way.y), -across(smaller, way.x))
  let corners = (start &+ lower, end &+ lower, end &+ upper, start &+ upper)
  return [
    Edge(corners.0, corners.1), Edge(corners.1, corners.2), Edge(corners.2, corners.3), Edge(corners.3, corners.0),
  ]
}

/// A side of a polygon.
private struct Edge {
  private let start: SIMD2<Int>
  /// Pixels to the right for each row down.
  let slope: Float
  let left: Int
  let right: Int
  let top: Int
  let bottom: Int

  init(_ start: SIMD2<Int>, _ end: SIMD2<Int>) {
    self.start = start
    (left, right) = (min(start.x, end.x), max(start.x, end.x))
    (top, bottom) = (min(start.y, end.y), max(start.y, end.y))
    slope = start.y == end.y ? 0 : Float(end.x - start.x) / Float(end.y - start.y)
  }

  var isLevel: Bool { top == bottom }

  func spans(_ y: Int) -> Bool { (top...bottom).contains(y) }
  func ends(at y: Int) -> Bool { y == top || y == bottom }
  func x(at y: Int) -> Float { Float(y - start.y) * slope + Float(start.x) }
}

/// Where a row meets the edges of a polygon: at most two for each edge.
private struct Crossings {
  private(set) var values = InlineArray<8, Float>(repeating: 0)
  private(set) var count = 0

  mutating func append(_ value: Float) {
    values[count] = value
    count += 1
  }

  mutating func sort() {
    for end in 1..<max(1, count) {
      var slot = end
      while slot > 0 && values[slot - 1] > values[slot] {
        values.swapAt(slot - 1, slot)
        slot -= 1
      }
    }
  }
}

private func edgeCrossings(_ edges: InlineArray<4, Edge>, y: Int, isLastRow: Bool) -> Crossings {
  var crossings = Crossings()
  for index in edges.indices {
    let edge = edges[index]
    guard !edge.isLevel && edge.spans(y) else { continue }
    let x = edge.x(at: y)
    if y == edge.bottom && !isLastRow {
      // The inside ends here and starts again.
      crossings.append(x)
      crossings.append(x)
    } else if edge.ends(at: y) && edge.slope != 0 {
      crossings.append(joined(x, of: edge, toOneOf: edges, before: index, y: y))
    } else {
      crossings.append(x)
    }
  }
  return crossings
}

/// Moves a corner that extends more than a pixel beyond the next row back to where that row is connected.
private func joined(
  _ x: Float, of edge: Edge, toOneOf edges: InlineArray<4, Edge>, before count: Int, y: Int
) -> Float {
  let neighbor = y == edge.bottom ? y - 1 : y + 1
  for index in 0..<count {
    let other = edges[index]
    guard !other.isLevel && other.ends(at: y) && other.slope != 0 && other.spans(neighbor),
      x.rounded(.toNearestOrAwayFromZero) == other.x(at: y).rounded(.toNearestOrAwayFromZero)
    else { continue }
    let (own, others) = (edge.x(at: neighbor), other.x(at: neighbor))
    if x > own + 1 && x > others + 1 { return max(own, others).rounded(.toNearestOrAwayFromZero) + 1 }
    if x < own - 1 && x < others - 1 { return min(own, others).rounded(.toNearestOrAwayFromZero) - 1 }
    return x
  }
  return x
}

private func paintRow(_ y: Int, from left: Int, to right: Int, _ color: UInt32, on canvas: borrowing Canvas) {
  guard (0..<canvas.height).contains(y) else { return }
  var x = max(left, 0)
  while x <= min(right, canvas.width - 1) {
    canvas.column(x)[y] = color
    x += 1
  }
}

/// The nearest whole number; halves away from zero.
private func roundedUp(_ value: some BinaryFloatingPoint) -> Int { Int(value.rounded(.toNearestOrAwayFromZero)) }

/// The nearest whole number; halves toward zero.
private func roundedDown(_ value: some BinaryFloatingPoint) -> Int {
  Int(value < 0 ? (value + 0.5).rounded(.down) : (value - 0.5).rounded(.up))
}
