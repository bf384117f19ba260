import Foundation

/// An arc of an ellipse one pixel wide, as Pillow draws it since version 8 (`arcNew` in `Draw.c`). Coordinates are in
/// half pixels from the centre, so that the centre of a box of even size, between two pixels, is a whole number.
func drawArc(_ arc: ImageCaptchaParameters.Arc, color: UInt32, on canvas: borrowing Canvas) {
  let (left, top) = (arc.box.x, arc.box.y)
  let (width, height) = (arc.box.z - left, arc.box.w - top)
  let section = EllipseSection(
    width: width, height: height, startDegrees: Double(arc.startDegrees), endDegrees: Double(arc.endDegrees))
  forEachOutlineSegment(width: width, height: height) { segment, y in
    section.forEachPart(of: segment, y: y) { part in
      // Pillow divides as C does, toward zero.
      for x in (part.start + width) / 2...(part.end + width) / 2 {
        canvas.paint(x: left + x, y: top + (y + height) / 2, color)
      }
    }
  }
}

/// A run of pixels of one row, both ends included.
private struct Segment {
  var start: Int
  var end: Int
}

/// Calls `body` with every horizontal run of the ellipse's outline and its row.
private func forEachOutlineSegment(width: Int, height: Int, _ body: (Segment, Int) -> Void) {
  var quarter = EllipseQuarter(width: width, height: height)
  var first = quarter.next()
  while let (right, y) = first {
    // A row's run goes from its first point to its last.
    var innermost = right
    first = quarter.next()
    while let point = first, point.y <= y {
      innermost = point.x
      first = quarter.next()
    }
    for y in y > 0 ? [-y, y] : [-y] {
      body(Segment(start: -right, end: -innermost), y)
      // The middle column belongs to the left run.
      if right > 0 { body(Segment(start: innermost == 0 ? 2 : innermost, end: right), y) }
    }
  }
}

/// The points of an ellipse's quarter from the right end to the top. Of the three possible next points, it takes the
/// one nearest to the curve.
private struct EllipseQuarter {
  private let width: Int
  private let height: Int
  private var point: (x: Int, y: Int)?

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    point = (width, height % 2)
  }

  mutating func next() -> (x: Int, y: Int)? {
    guard let (x, y) = point else { return nil }
    if x == width % 2 && y == height {
      point = nil
    } else {
      var best = (x: x, y: y + 2)
      if x > 1 {
        if deviation(x, y + 2) > deviation(x - 2, y + 2) { best = (x - 2, y + 2) }
        if deviation(best.x, best.y) > deviation(x - 2, y) { best = (x - 2, y) }
      }
      point = best
    }
    return (x, y)
  }

  private func deviation(_ x: Int, _ y: Int) -> Int {
    let (w2, h2) = (width * width, height * height)
    return abs(w2 * y * y + h2 * x * x - w2 * h2)
  }
}

/// The part of the plane between an arc's angles: half planes through the arc's ends, perpendicular to the curve,
/// combined according to the position of the ends.
private struct EllipseSection {
  /// Where a x + b y + c > 0.
  private struct HalfPlane {
    var a: Double
    var b: Double
    var c: Double
  }

  private enum Join {
    /// The planes' intersection or union.
    case all, any
    /// Each end's plane intersected with the half of the ellipse that the end is in; the union of both.
    case byHalves
  }

  private let planes: [HalfPlane]
  private let join: Join

  init(width: Int, height: Int, startDegrees: Double, endDegrees: Double) {
    if width < height {
      // Computed for the ellipse mirrored at the diagonal, so that it is wider than high.
      let lying = EllipseSection(
        width: height, height: width, startDegrees: 90 - endDegrees, endDegrees: 90 - startDegrees)
      planes = lying.planes.map { HalfPlane(a: $0.b, b: $0.a, c: $0.c) }
      join = lying.join
      return
    }
    let start = startDegrees - 360 * (startDegrees / 360).rounded(.down)
    let end = start + (endDegrees - startDegrees)
    let (a, b) = (Double(width), Double(height))
    let (startAngle, endAngle) = (angle(start), angle(end))
    let ends = [
      HalfPlane(a: -a * startAngle.sine, b: b * startAngle.cosine, c: (a * a - b * b) * angle(2 * start).sine / 2),
      HalfPlane(a: a * endAngle.sine, b: -b * endAngle.cosine, c: (b * b - a * a) * angle(2 * end).sine / 2),
    ]
    let isShort = end - start < 180
    let (startHalf, endHalf) = (Int(start / 180), Int(end / 180))
    func half(_ isLower: Bool) -> HalfPlane { HalfPlane(a: 0, b: isLower ? 1 : -1, c: 0) }
    if start.truncatingRemainder(dividingBy: 180) == 0 || end.truncatingRemainder(dividingBy: 180) == 0 {
      planes = ends
      join = isShort ? .all : .any
    } else if (startHalf + endHalf) % 2 == 1 {
      planes = [half(startHalf % 2 == 0), ends[0], half(endHalf % 2 == 0), ends[1]]
      join = .byHalves
    } else {
      planes = ends + [half(end < 180 || end > 540)]
      join = isShort ? .all : .any
    }
  }

  /// Calls `body` with the parts of `segment` inside; parts may overlap.
  func forEachPart(of segment: Segment, y: Int, _ body: (Segment) -> Void) {
    switch join {
    case .all:
      if let part = clip(segment, y: y, toPlanes: 0..<planes.count) { body(part) }
    case .any:
      for plane in planes {
        if let part = clip(segment, y: y, to: plane) { body(part) }
      }
    case .byHalves:
      if let part = clip(segment, y: y, toPlanes: 0..<2) { body(part) }
      if let part = clip(segment, y: y, toPlanes: 2..<4) { body(part) }
    }
  }

  /// The part inside all these planes.
  private func clip(_ segment: Segment, y: Int, toPlanes range: Range<Int>) -> Segment? {
    var result = segment
    for index in range {
      guard let part = clip(segment, y: y, to: planes[index]) else { return nil }
      result = Segment(start: max(result.start, part.start), end: min(result.end, part.end))
    }
    return result.start <= result.end ? result : nil
  }

  private func clip(_ segment: Segment, y: Int, to plane: HalfPlane) -> Segment? {
    let tolerance = 1e-9
    let rest = plane.b * Double(y) + plane.c
    if abs(plane.a) < tolerance { return rest < -tolerance ? nil : segment }
    var result = segment
    let crossing = -rest / plane.a
    // Clamped so that a distant crossing fits an integer; beyond the segment only the side matters.
    func rounded(_ x: Double) -> Int { Int(min(max(x, -1e9), 1e9).rounded(.toNearestOrAwayFromZero)) }
    if plane.a * Double(segment.start) + rest < tolerance {
      result.start = rounded(max(Double(segment.start), crossing))
    }
    if plane.a * Double(segment.end) + rest < tolerance { result.end = rounded(min(Double(segment.end), crossing)) }
    return result.start <= result.end ? result : nil
  }
}

/// - Parameter degrees: Whole, within 0 ... `degreesMax`.
private func angle(_ degrees: Double) -> (sine: Double, cosine: Double) { anglesOfWholeDegrees[Int(degrees)] }

/// Twice the largest end: an arc starts below 360 degrees and is shorter than 360.
private let degreesMax = 4 * 360

private let anglesOfWholeDegrees = (0...degreesMax).map { sineAndCosine(ofRadians: Double($0) * Double.pi / 180) }
