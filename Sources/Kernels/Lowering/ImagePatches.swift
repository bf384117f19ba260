/// What each output pixel of a convolution sees of the input, its patch, as rows of a matrix:
/// [output pixel, channel / block, kernel row, kernel column, block], so that a row of the kernel is a run of neighbours in
/// memory. Rows of output pixels are counted on through the images of a lane.
struct ImagePatches: Sendable {
  private let geometry: ConvolutionGeometry
  private let input: ActivationShape

  init(_ geometry: ConvolutionGeometry, input: ActivationShape) {
    self.geometry = geometry
    self.input = input
  }

  /// Values of a patch.
  var patchCount: Int { geometry.weightCount / geometry.outputChannels }
  /// Values of a row of the kernel, of one block of channels.
  private var runCount: Int { geometry.kernel * input.block }

  /// The patches are the input as it is.
  var areInput: Bool {
    geometry.kernel == 1 && geometry.stride == 1 && geometry.padding == 0 && input.block == input.channels
  }

  /// A row of the kernel within a patch: `columns` of it lie within the plane, at `offset` of the input; the columns at
  /// its sides, or all of it, lie in the padding.
  private struct Run {
    let place: Int
    let columns: Range<Int>
    let offset: Int
  }

  /// - Parameter rows: Of output pixels.
  @inline(__always)
  private func forEachRun(ofRows rows: Range<Int>, _ body: (Run) -> Void) {
    let (kernel, height, width) = (geometry.kernel, geometry.inputHeight, geometry.inputWidth)
    var place = 0
    for row in rows {
      let (image, outputY) = row.quotientAndRemainder(dividingBy: geometry.outputHeight)
      let top = outputY &* geometry.stride &- geometry.padding
      for outputX in 0..<geometry.outputWidth {
        let left = outputX &* geometry.stride &- geometry.padding
        let first = min(kernel, max(0, 0 &- left))
        let columns = first..<max(first, min(kernel, width &- left))
        for plane in 0..<input.planeCount {
          let start = image &* input.elementCount &+ plane &* input.planeElementCount
          for y in top..<top &+ kernel {
            let isInside = y >= 0 && y < height
            let offset = start &+ (y &* width &+ left &+ first) &* input.block
            body(Run(place: place, columns: isInside ? columns : 0..<0, offset: isInside ? offset : start))
            place &+= runCount
          }
        }
      }
    }
  }

  /// Overwrites `patches`, [pixels of `rows`, patchCount].
  /// - Parameter source: [images, input]
  func gather<Value: Element>(
    _: Value.Type, rows: Range<Int>, from source: UnsafeRawPointer, into patches: UnsafeMutablePointer<Float>
  ) {
    let (block, runCount) = (input.block, runCount)
    forEachRun(ofRows: rows) { run in
      let destination = patches + run.place
      let before = run.columns.lowerBound &* block
      let count = run.columns.count &* block
      if count < runCount { destination.update(repeating: 0, count: runCount) }
      copyValues(
        Value.self, source + run.offset &* MemoryLayout<Value>.size, to: destination + before, count: count)
    }
  }

  /// Adds every value of the patches to the one that it is of.
  /// - Parameters:
  ///   - patches: [pixels of `rows`, patchCount]
  ///   - sums: [images, input]
  func scatter(_ patches: UnsafePointer<Float>, rows: Range<Int>, addingTo sums: UnsafeMutablePointer<Float>) {
    let block = input.block
    forEachRun(ofRows: rows) { run in
      let source = patches + (run.place &+ run.columns.lowerBound &* block)
      let destination = sums + run.offset
      forEachVector(count: run.columns.count &* block) { offset, width in
        let sum = Float.load(destination, at: offset, width: width) + Float.load(source, at: offset, width: width)
        Float.store(sum, destination, at: offset, width: width)
      }
    }
  }

  /// Weights as the matrix that patches are multiplied with.
  /// - Parameters:
  ///   - weights: [out, in, kernel, kernel]
  ///   - matrix: [patchCount, out]; overwritten.
  func take(_ weights: UnsafePointer<Float>, into matrix: UnsafeMutablePointer<Float>) {
    forEachWeight { weight, place in matrix[place] = weights[weight] }
  }

  /// The other way round.
  func give(_ matrix: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    forEachWeight { weight, place in weights[weight] = matrix[place] }
  }

  @inline(__always)
  private func forEachWeight(_ body: (_ weight: Int, _ place: Int) -> Void) {
    let (outputs, taps, block) = (geometry.outputChannels, geometry.kernel * geometry.kernel, input.block)
    for inputChannel in 0..<geometry.inputChannels {
      let (plane, channel) = inputChannel.quotientAndRemainder(dividingBy: block)
      for tap in 0..<taps {
        let row = (plane &* taps &+ tap) &* block &+ channel
        for output in 0..<outputs {
          body((output &* geometry.inputChannels &+ inputChannel) &* taps &+ tap, row &* outputs &+ output)
        }
      }
    }
  }
}

/// Copies stored values, of which the two places have no byte in common, as float32 numbers.
@inline(__always)
func copyValues<Value: Element>(
  _: Value.Type, _ source: UnsafeRawPointer, to destination: UnsafeMutablePointer<Float>, count: Int
) {
  let size = MemoryLayout<Value>.size
  guard count >= 8 else {
    for index in 0..<count { destination[index] = Value.loadValue(source + index &* size) }
    return
  }
  var offset = 0
  while offset &+ 8 <= count {
    Float.store(Value.load(source + offset &* size), destination + offset)
    offset &+= 8
  }
  // The last eight once more, in place of those that fill no vector.
  if offset < count { Float.store(Value.load(source + (count &- 8) &* size), destination + (count &- 8)) }
}
