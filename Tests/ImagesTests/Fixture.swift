import Files
import Foundation
import Images
import Samples

/// Files beside the tests; their README says who made each.
enum Fixture {
  static func path(_ name: String) -> FilePath { FilePath(Bundle.module.bundlePath + "/Fixtures/" + name) }
  static func image(_ name: String) throws -> Image { try ImageFile.read(path(name)).image }
  static func bytes(_ name: String) throws -> [UInt8] { try ReadableFile.contents(of: path(name)) }
}

/// The largest difference of two values in the same place.
func largestDifference(_ left: Image, _ right: Image) -> Int {
  zip(left.pixels, right.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
