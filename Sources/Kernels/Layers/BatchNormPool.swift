/// Batch norm with the max pool of 2 x 2 windows that follows it, as one pass over memory in each direction:
///
///     y = the largest of relu(dropout(z)) in each window
///
/// Only one value of a window has a gradient, and `applyAndPool` keeps which one it is and its x. So the sums of the backward
/// pass read a quarter of the values, and only x and its gradient are as large as the plane. Rows and columns that fill no
/// window are left out of y.
extension BatchNorm {
  /// What the backward passes need of each window, from `applyAndPool` of the same lane.
  package struct Winners {
    /// Which of its four values each window took: [images, planes, windows, vectors of the block]. A word has four bits for
    /// each of eight channels, and the value's bit is set (1, 2 above, 4, 8 below), or none where ReLU gave 0.
    package let choices: UnsafeMutablePointer<UInt32>
    /// x of the value that each window took: [images, pooled shape].
    package let inputs: UnsafeMutableRawPointer

    package init(choices: UnsafeMutablePointer<UInt32>, inputs: UnsafeMutableRawPointer) {
      self.choices = choices
      self.inputs = inputs
    }
  }

  /// Words of `Winners.choices` for one image.
  package var winnerWordCount: Int {
    pooledShape.planeCount * pooledShape.pixelCount * vectorsPerPixel
  }

  package var pooledShape: ActivationShape { shape.pooled(by: 2) }

  /// Vectors of eight channels, the last one perhaps in part.
  var vectorsPerPixel: Int { (shape.block + 7) / 8 }

  /// Eight channels of a row of windows. Offsets count values.
  struct WindowRun {
    let count: Int
    /// Offset of the first window's upper left value from the lane's first, and of its y.
    let input: Int
    let output: Int
    /// Distances from a pixel to the next one in its row, and in its column.
    let right: Int
    let down: Int
    /// The index of the first vector in its plane, as `DropoutMask` counts.
    let firstVector: Int
    /// Index of the first window's word in `Winners.choices`.
    let word: Int
    let channel: Int
    let width: Int
  }

  func forEachRun(ofPlane plane: Int, _ body: (WindowRun) -> Void) {
    let (block, pooled) = (shape.block, pooledShape)
    for y in 0..<pooled.height {
      let outputPixel = plane * pooled.pixelCount + y * pooled.width
      let inputPixel = 2 * y * shape.width
      for number in 0..<vectorsPerPixel {
        let channel = number * 8
        body(
          WindowRun(
            count: pooled.width, input: plane * shape.planeElementCount + inputPixel * block + channel,
            output: outputPixel * block + channel, right: block, down: shape.width * block,
            firstVector: number * shape.pixelCount + inputPixel, word: outputPixel * vectorsPerPixel + number,
            channel: plane % shape.planeCount * block + channel, width: min(8, block - channel)))
      }
    }
  }
}
