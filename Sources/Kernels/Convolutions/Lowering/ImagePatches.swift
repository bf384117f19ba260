/// The patch of each output pixel, the inputs that it is computed from, as rows of a matrix:
/// [output pixel, channel / block, kernel row, kernel column, block], so that a row of the kernel is a run of neighbours in
/// memory. Rows of output pixels are counted through the images of a lane.
///
/// The input is first copied into frames of zeros as wide as the padding, so that every patch lies inside:
/// [images, channel / block, frame row, frame column, block] in float32.
struct ImagePatches: Sendable {
  let geometry: ConvolutionGeometry
  let input: ActivationShape

  /// Values of a patch.
  var patchCount: Int { geometry.weightCount / geometry.outputChannels }
  /// Values of a row of the kernel, of one block of channels.
  private var runCount: Int { geometry.kernel * input.block }
  /// Values of a row of a frame's plane.
  private var lineCount: Int { (geometry.inputWidth + 2 * geometry.padding) * input.block }
  private var frameHeight: Int { geometry.inputHeight + 2 * geometry.padding }
  private var frameCount: Int { input.planeCount * frameHeight * lineCount }

  /// Values behind the last run that are read and written, at most, since runs are copied in whole vectors.
  static let slack = 8

  /// Values of the frames of some images, with the slack behind them.
  func frameCount(ofImages images: Int) -> Int { images * frameCount + Self.slack }

  /// Values of the patches of some rows of output pixels, with the slack behind them.
  func patchCount(ofRows rows: Int) -> Int { rows * geometry.outputWidth * patchCount + Self.slack }

  /// The frames already are the matrix of patches.
  var areFrames: Bool {
    geometry.kernel == 1 && geometry.stride == 1 && geometry.padding == 0 && input.block == input.channels
  }

  /// Calls `body` with the offset of each line of the images, in the activation and in the frames.
  @inline(__always)
  private func forEachLine(ofImages images: Int, _ body: (_ offset: Int, _ frameOffset: Int) -> Void) {
    let width = geometry.inputWidth &* input.block
    for plane in 0..<images &* input.planeCount {
      for y in 0..<geometry.inputHeight {
        body(
          (plane &* geometry.inputHeight &+ y) &* width,
          (plane &* frameHeight &+ y &+ geometry.padding) &* lineCount &+ geometry.padding &* input.block)
      }
    }
  }

  /// Overwrites the frames.
  /// - Parameter source: [images, input]
  func fill<Value: Element>(
    _: Value.Type, _ frames: UnsafeMutablePointer<Float>, from source: UnsafeRawPointer, images: Int
  ) {
    if geometry.padding > 0 { frames.update(repeating: 0, count: images * frameCount) }
    forEachLine(ofImages: images) { offset, frameOffset in
      copyValues(
        Value.self, source + offset &* MemoryLayout<Value>.size, to: frames + frameOffset,
        count: geometry.inputWidth &* input.block)
    }
  }

  /// Overwrites `result`, [images, input], with what lies inside the frames.
  func store<Value: Element>(
    _: Value.Type, _ frames: UnsafePointer<Float>, into result: UnsafeMutableRawPointer, images: Int
  ) {
    forEachLine(ofImages: images) { offset, frameOffset in
      let destination = result + offset &* MemoryLayout<Value>.size
      forEachVector(count: geometry.inputWidth &* input.block) { value, width in
        Value.store(Float.load(frames + frameOffset, at: value, width: width), destination, at: value, width: width)
      }
    }
  }

  /// Calls `body` with each row of the kernel, in the patches and in the frames, in the order of the patches.
  /// - Parameter rows: Of output pixels.
  @inline(__always)
  private func forEachRun(
    ofRows rows: Range<Int>, frames: UnsafeMutablePointer<Float>, patches: UnsafeMutablePointer<Float>,
    _ body: (_ patch: UnsafeMutablePointer<Float>, _ frame: UnsafeMutablePointer<Float>) -> Void
  ) {
    let (planeCount, planeStep, lineStep) = (input.planeCount, frameHeight &* lineCount, lineCount)
    let (pixelStep, runStep, kernel) = (geometry.stride &* input.block, runCount, geometry.kernel)
    var patch = patches
    for row in rows {
      let (image, y) = row.quotientAndRemainder(dividingBy: geometry.outputHeight)
      var pixel = frames + (image &* frameCount &+ y &* geometry.stride &* lineStep)
      for _ in 0..<geometry.outputWidth {
        var plane = pixel
        for _ in 0..<planeCount {
          var line = plane
          for _ in 0..<kernel {
            body(patch, line)
            patch += runStep
            line += lineStep
          }
          plane += planeStep
        }
        pixel += pixelStep
      }
    }
  }

  /// Overwrites `patches`, [pixels of `rows`, patchCount].
  @inline(never)
  func gather(rows: Range<Int>, from frames: UnsafePointer<Float>, into patches: UnsafeMutablePointer<Float>) {
    let runCount = runCount
    forEachRun(ofRows: rows, frames: UnsafeMutablePointer(mutating: frames), patches: patches) { patch, frame in
      // The next run overwrites what this one writes behind its end.
      var value = 0
      repeat {
        Float.store(Float.load(frame + value), patch + value)
        value &+= 8
      } while value < runCount
    }
  }

  /// Adds every value of the patches to the value of the frames that it was gathered from.
  /// - Parameter patches: [pixels of `rows`, patchCount]
  @inline(never)
  func scatter(_ patches: UnsafeMutablePointer<Float>, rows: Range<Int>, addingTo frames: UnsafeMutablePointer<Float>) {
    let runCount = runCount
    forEachRun(ofRows: rows, frames: frames, patches: patches) { patch, frame in
      var value = 0
      while value &+ 8 <= runCount {
        Float.store(Float.load(frame + value) + Float.load(patch + value), frame + value)
        value &+= 8
      }
      while value < runCount {
        frame[value] += patch[value]
        value &+= 1
      }
    }
  }

  /// Reorders weights to the matrix that patches are multiplied with.
  /// - Parameters:
  ///   - weights: [out, in, kernel, kernel]
  ///   - matrix: [patchCount, out]; overwritten.
  func reorder(_ weights: UnsafePointer<Float>, into matrix: UnsafeMutablePointer<Float>) {
    forEachWeight { index, matrixIndex in matrix[matrixIndex] = weights[index] }
  }

  /// Overwrites `weights`, [out, in, kernel, kernel], from a matrix that `reorder` would make.
  func restore(_ matrix: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    forEachWeight { index, matrixIndex in weights[index] = matrix[matrixIndex] }
  }

  @inline(__always)
  private func forEachWeight(_ body: (_ index: Int, _ matrixIndex: Int) -> Void) {
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

/// Copies stored values as float32 numbers. The two ranges of memory do not overlap.
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
  // The last eight, some of them once more: the rest fills no vector.
  if offset < count { Float.store(Value.load(source + (count &- 8) &* size), destination + (count &- 8)) }
}
