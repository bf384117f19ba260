/// The six numbers of a row or column of a tile, of eight or sixteen channels.
struct WinogradF4x4Line<Numbers: ChannelVector>: WinogradLine {
  var a = Numbers()
  var b = Numbers()
  var c = Numbers()
  var d = Numbers()
  var e = Numbers()
  var f = Numbers()

  /// B' times a column of inputs.
  @inline(__always)
  static func input(_ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers, _ e: Numbers, _ f: Numbers)
    -> WinogradF4x4Line
  {
    let (even, odd) = (e - c * 4, d - b * 4)
    let (inner, outer) = (e - c, (d - b) * 2)
    return WinogradF4x4Line(
      a: (a - c) * 4 + inner, b: even + odd, c: even - odd, d: inner + outer, e: inner - outer,
      f: b * 4 - d * 5 + f)
  }

  /// A' times the line: four outputs.
  @inline(__always)
  var output: (Numbers, Numbers, Numbers, Numbers) {
    let (evenOne, oddOne, evenTwo, oddTwo) = (b + c, b - c, d + e, d - e)
    return (a + evenOne + evenTwo, oddOne + oddTwo * 2, evenOne + evenTwo * 4, oddOne + oddTwo * 8 + f)
  }

  /// A' times the 6 x 6 numbers of a tile: four lines, whose `output` are the tile's outputs.
  /// - Parameter step: Bytes from each of the 36 vectors to the next.
  @inline(__always)
  static func outputLines(_ address: UnsafeRawPointer, step: Int) -> (Self, Self, Self, Self) {
    @inline(__always)
    func column(_ number: Int) -> (Numbers, Numbers, Numbers, Numbers) {
      load(address + number &* step, step: 6 &* step).output
    }
    let (a, b, c, d, e, f) = (column(0), column(1), column(2), column(3), column(4), column(5))
    return (
      Self(a: a.0, b: b.0, c: c.0, d: d.0, e: e.0, f: f.0), Self(a: a.1, b: b.1, c: c.1, d: d.1, e: e.1, f: f.1),
      Self(a: a.2, b: b.2, c: c.2, d: d.2, e: e.2, f: f.2), Self(a: a.3, b: b.3, c: c.3, d: d.3, e: e.3, f: f.3)
    )
  }

  /// A times a column of four outputs' gradients.
  @inline(__always)
  static func outputGradient(_ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers) -> WinogradF4x4Line {
    let (even, odd) = (a + c, b + d)
    let (evenTwo, oddTwo) = (a + c * 4, (b + d * 4) * 2)
    return WinogradF4x4Line(a: a, b: even + odd, c: even - odd, d: evenTwo + oddTwo, e: evenTwo - oddTwo, f: d)
  }

  /// G times a column of a kernel.
  @inline(__always)
  static func filter(_ a: Numbers, _ b: Numbers, _ c: Numbers) -> WinogradF4x4Line {
    let (evenOne, oddOne) = ((a + c) * (-1.0 / 6), b * (-1.0 / 6))
    let (evenTwo, oddTwo) = (a * (1.0 / 24) + c * (1.0 / 6), b * (1.0 / 12))
    return WinogradF4x4Line(
      a: a * 0.25, b: evenOne + oddOne, c: evenOne - oddOne, d: evenTwo + oddTwo, e: evenTwo - oddTwo, f: c)
  }

  /// G' times the line: a column of a kernel's gradient.
  @inline(__always)
  var filterGradient: (Numbers, Numbers, Numbers) {
    let (evenOne, oddOne, evenTwo, oddTwo) = (b + c, c - b, d + e, d - e)
    return (
      a * 0.25 - evenOne * (1.0 / 6) + evenTwo * (1.0 / 24), oddOne * (1.0 / 6) + oddTwo * (1.0 / 12),
      (evenTwo - evenOne) * (1.0 / 6) + f
    )
  }

  /// - Parameter step: Bytes from each vector to the next.
  @inline(__always)
  func store(_ address: UnsafeMutableRawPointer, step: Int) {
    a.store(address)
    b.store(address + step)
    c.store(address + 2 &* step)
    d.store(address + 3 &* step)
    e.store(address + 4 &* step)
    f.store(address + 5 &* step)
  }

  /// - Parameter step: Bytes from each vector to the next.
  @inline(__always)
  static func load(_ address: UnsafeRawPointer, step: Int) -> WinogradF4x4Line {
    WinogradF4x4Line(
      a: .load(address), b: .load(address + step), c: .load(address + 2 &* step), d: .load(address + 3 &* step),
      e: .load(address + 4 &* step), f: .load(address + 5 &* step))
  }
}
