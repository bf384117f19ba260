/// The output of a convolution with a few input channels, a network's first for colour images, by Winograd's F(4, 3) along
/// rows (Lavin and Gray 2016, section 4.1): 6 multiplications where the formula of a convolution has 12. Sums over the
/// kernel's rows and phases and over the input channels are formed before the output transform:
///
///     y = A' [ sum over kernel rows, phases and input channels of (G g) * (B' d) ]
///
/// A kernel of stride s has s phases. Phase p has the kernel's columns p, p + s and p + 2 s, as far as they exist, and meets
/// the input's columns p, p + s, ... alone, so each phase is a convolution with three columns and stride 1.
///
/// It reads the frames of `ImagePatches` without writing patches. Vectors hold tiles, each of four outputs of a row, since few
/// channels would not fill them. All numbers are float32.
struct WinogradRows: Sendable {
  /// Outputs of a tile.
  private static let tileSize = 4
  /// Multiplications of a tile, for each term of the sum and each output channel.
  private static let pointCount = 6
  /// Rows of outputs that are computed together, so that what is left of their tiles fills vectors, too.
  private static let bandRows = 2

  private let geometry: ConvolutionGeometry
  private let output: ActivationShape
  /// Values of a frame's row.
  private let frameWidth: Int
  /// Phases times input channels: terms of the sum in each kernel row.
  private let lineCount: Int
  /// Tiles of a row of outputs.
  private let tileCount: Int
  /// Tiles up to whole vectors.
  private let paddedTileCount: Int

  /// - Returns: nil where no phase has three columns or one has more, where output channels do not fill vectors of four, and
  ///   where it is not faster: with one input channel, whose formula has so few terms that the output transform outweighs
  ///   them, and with many, whose matrix products have no such overhead.
  init?(_ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape) {
    guard
      2 * geometry.stride < geometry.kernel && geometry.kernel <= 3 * geometry.stride
        && 2...4 ~= geometry.inputChannels && input.block == geometry.inputChannels && output.block % 4 == 0
    else { return nil }
    self.geometry = geometry
    self.output = output
    frameWidth = (geometry.inputWidth + 2 * geometry.padding) * geometry.inputChannels
    lineCount = geometry.stride * geometry.inputChannels
    tileCount = (output.width + Self.tileSize - 1) / Self.tileSize
    paddedTileCount = (tileCount + 7) / 8 * 8
  }

  /// Terms of the sum.
  private var termCount: Int { geometry.kernel * lineCount }

  // MARK: Filters

  /// Values of the filters, which are stored four times each, so that loading one fills a vector of four.
  var filterCount: Int { output.channels * Self.pointCount * termCount * 4 }

  /// Computes G g.
  /// - Parameters:
  ///   - weights: g: [out, in, kernel, kernel]
  ///   - filters: [out / 4, point, kernel row, line, 4, 4 copies]; overwritten.
  func transformFilters(_ weights: UnsafePointer<Float>, into filters: UnsafeMutablePointer<Float>) {
    let (kernel, channels) = (geometry.kernel, geometry.inputChannels)
    for first in stride(from: 0, to: output.channels, by: 2) {
      for term in 0..<termCount {
        let (row, line) = term.quotientAndRemainder(dividingBy: lineCount)
        let (phase, channel) = line.quotientAndRemainder(dividingBy: channels)
        func tap(_ number: Int) -> Vector {
          let column = phase + number * geometry.stride
          guard column < kernel else { return Vector() }
          func weight(_ outputChannel: Int) -> SIMD4<Float> {
            SIMD4(repeating: weights[((outputChannel * channels + channel) * kernel + row) * kernel + column])
          }
          return Vector(lowHalf: weight(first), highHalf: weight(first + 1))
        }
        let place = (first / 4 * Self.pointCount * termCount + term) * 4 + first % 4
        WinogradF4x4Line.filter(tap(0), tap(1), tap(2))
          .store(filters + 4 * place, step: termCount * 16 * MemoryLayout<Float>.size)
      }
    }
  }

  // MARK: Inputs

  /// Values of B' d of a frame's row.
  private var inputCount: Int { lineCount * Self.pointCount * paddedTileCount }
  /// Rows of a frame that a band of outputs is computed from.
  private var inputRows: Int { geometry.kernel + (Self.bandRows - 1) * geometry.stride }
  /// Values of a band's sums, of four output channels.
  private var sumCount: Int { Self.bandRows * paddedTileCount * Self.pointCount * 4 }

  /// Numbers that `forward` needs.
  var scratchCount: Int { inputRows * inputCount + sumCount }

  /// Computes B' d of a row.
  /// - Parameters:
  ///   - row: Of a frame.
  ///   - inputs: [line, point, tile]; overwritten.
  private func transformInput(_ row: UnsafePointer<Float>, into inputs: UnsafeMutablePointer<Float>) {
    let (frameWidth, pixelStep, tileCount) = (frameWidth, lineCount, paddedTileCount)
    let tileStep = Self.tileSize &* pixelStep
    var address = UnsafeMutableRawPointer(inputs)
    for line in 0..<lineCount {
      for tile in stride(from: 0, to: tileCount, by: 8) {
        let first = line &+ tile &* tileStep
        // Tiles at the end reach beyond the row. What they read there has no part in an output, but it must be numbers.
        let isInside = first &+ 7 &* tileStep &+ 5 &* pixelStep < frameWidth
        @inline(__always)
        func column(_ number: Int) -> Vector {
          let start = first &+ number &* pixelStep
          if isInside { return gathered(row + start, step: tileStep) }
          var values = Vector()
          for index in 0..<8 where start &+ index &* tileStep < frameWidth {
            values[index] = row[start &+ index &* tileStep]
          }
          return values
        }
        WinogradF4x4Line.input(column(0), column(1), column(2), column(3), column(4), column(5))
          .store(address + tile &* MemoryLayout<Float>.size, step: tileCount &* MemoryLayout<Float>.size)
      }
      address += Self.pointCount &* tileCount &* MemoryLayout<Float>.size
    }
  }

  // MARK: Outputs

  /// - Parameters:
  ///   - frames: Of the images.
  ///   - filters: From `transformFilters`.
  ///   - bias: [out]; nil adds none.
  ///   - scratch: `scratchCount` numbers; overwritten.
  ///   - result: [images, output]; overwritten.
  func forward(
    images: Int, frames: UnsafePointer<Float>, filters: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) {
    let (inputs, sums) = (scratch, scratch + inputRows * inputCount)
    let frameHeight = geometry.inputHeight + 2 * geometry.padding
    for image in 0..<images {
      let frame = frames + image * frameHeight * frameWidth
      var nextRow = 0
      for y in stride(from: 0, to: output.height, by: Self.bandRows) {
        // The last rows of the band before are the first ones of this.
        let first = y * geometry.stride
        inputs.update(
          from: inputs + Self.bandRows * geometry.stride * inputCount, count: (nextRow - first) * inputCount)
        let end = min(first + inputRows, frameHeight)
        for row in nextRow..<end {
          transformInput(frame + row * frameWidth, into: inputs + (row - first) * inputCount)
        }
        nextRow = end
        let quads = TileQuads(rows: min(Self.bandRows, output.height - y), tileCount: tileCount)
        for channel in stride(from: 0, to: output.channels, by: 4) {
          multiply(inputs, filters + channel * (filterCount / output.channels), of: quads, into: sums)
          transformOutput(sums, of: quads, bias: bias.map { $0 + channel })
          store(
            sums, of: quads,
            into: result + image * output.elementCount + output.offset(channel: channel, y: y, x: 0))
        }
      }
    }
  }

  /// Computes the sums of four output channels.
  /// - Parameters:
  ///   - inputs: [row, line, point, tile]
  ///   - filters: [point, kernel row, line, 4, 4 copies]
  ///   - sums: [two quads, 4, point, 8]; overwritten.
  private func multiply(
    _ inputs: UnsafePointer<Float>, _ filters: UnsafePointer<Float>, of quads: TileQuads,
    into sums: UnsafeMutablePointer<Float>
  ) {
    let (termCount, tileCount) = (termCount, paddedTileCount)
    let termStep = Self.pointCount &* tileCount
    let bandStep = geometry.stride &* inputCount
    for point in 0..<Self.pointCount {
      var sum = sums + 8 &* point
      for pair in 0..<quads.pairCount {
        var (low, high) = (inputs + point &* tileCount, inputs + point &* tileCount)
        // The last quad is its own pair where there is no other.
        let (first, second) = (quads.place(2 &* pair), quads.place(min(2 &* pair &+ 1, quads.count &- 1)))
        low += first.row &* bandStep &+ 4 &* first.quad
        high += second.row &* bandStep &+ 4 &* second.quad
        var filter = filters + point &* termCount &* 16
        var (a, b, c, d) = (Vector(), Vector(), Vector(), Vector())
        for _ in 0..<termCount {
          let x = Vector(lowHalf: four(low), highHalf: four(high))
          a.add(x, times: twice(filter))
          b.add(x, times: twice(filter + 4))
          c.add(x, times: twice(filter + 8))
          d.add(x, times: twice(filter + 12))
          low += termStep
          high += termStep
          filter += 16
        }
        let channelStep = 8 &* Self.pointCount
        Float.store(a, sum)
        Float.store(b, sum + channelStep)
        Float.store(c, sum + 2 &* channelStep)
        Float.store(d, sum + 3 &* channelStep)
        sum += 4 &* channelStep
      }
    }
  }

  /// Computes four output channels from their sums.
  /// - Parameters:
  ///   - sums: [two quads, 4, point, 8]; the first four points become the outputs of a tile.
  ///   - bias: [4]; nil adds none.
  @inline(never)
  private func transformOutput(
    _ sums: UnsafeMutablePointer<Float>, of quads: TileQuads, bias: UnsafePointer<Float>?
  ) {
    let vectorByteCount = MemoryLayout<Vector>.size
    var address = UnsafeMutableRawPointer(sums)
    for number in 0..<4 &* quads.pairCount {
      let outputs = WinogradF4x4Line<Vector>.load(address, step: vectorByteCount).output
      let bias = bias?[number % 4] ?? 0
      (outputs.0 + bias).store(address)
      (outputs.1 + bias).store(address + vectorByteCount)
      (outputs.2 + bias).store(address + 2 &* vectorByteCount)
      (outputs.3 + bias).store(address + 3 &* vectorByteCount)
      address += Self.pointCount &* vectorByteCount
    }
  }

  /// Copies four output channels to where they belong. (Together with `transformOutput`, Swift 6.3 computes outputs one number
  /// at a time.)
  /// - Parameters:
  ///   - outputs: [two quads, 4, point, 8]
  ///   - result: The first output of the band.
  @inline(never)
  private func store(_ outputs: UnsafePointer<Float>, of quads: TileQuads, into result: UnsafeMutablePointer<Float>) {
    let (width, pixelStep) = (output.width, output.block)
    let channelStep = 8 &* Self.pointCount
    for number in 0..<quads.count {
      let (row, quad) = quads.place(number)
      let x = 4 &* quad &* Self.tileSize
      var source = outputs + (number / 2 &* 4 &* channelStep &+ number % 2 &* 4)
      for first in x..<min(x &+ Self.tileSize, width) {
        let pixel = result + (row &* width &+ first) &* pixelStep
        let (a, b) = (four(source), four(source + channelStep))
        let (c, d) = (four(source + 2 &* channelStep), four(source + 3 &* channelStep))
        let (ab, cd) = (Vector(lowHalf: a, highHalf: b), Vector(lowHalf: c, highHalf: d))
        let even = Vector(lowHalf: ab.evenHalf, highHalf: cd.evenHalf)
        let odd = Vector(lowHalf: ab.oddHalf, highHalf: cd.oddHalf)
        @inline(__always)
        func store(_ value: SIMD4<Float>, _ tile: Int) {
          guard first &+ tile &* Self.tileSize < width else { return }
          UnsafeMutableRawPointer(pixel + tile &* Self.tileSize &* pixelStep)
            .storeBytes(of: value, as: SIMD4<Float>.self)
        }
        store(even.evenHalf, 0)
        store(odd.evenHalf, 1)
        store(even.oddHalf, 2)
        store(odd.oddHalf, 3)
        source += 8
      }
    }
  }
}

/// The tiles of a band of rows, four at a time, and two such quads at a time.
private struct TileQuads {
  let rowQuads: Int
  let count: Int

  /// - Parameter tileCount: Of a row.
  init(rows: Int, tileCount: Int) {
    rowQuads = (tileCount + 3) / 4
    count = rows * rowQuads
  }

  var pairCount: Int { (count &+ 1) / 2 }

  @inline(__always)
  func place(_ number: Int) -> (row: Int, quad: Int) { (number / rowQuads, number % rowQuads) }
}

@inline(__always)
private func four(_ address: UnsafePointer<Float>) -> SIMD4<Float> {
  UnsafeRawPointer(address).loadUnaligned(as: SIMD4<Float>.self)
}

@inline(__always)
private func twice(_ address: UnsafePointer<Float>) -> Vector {
  Vector(lowHalf: four(address), highHalf: four(address))
}
