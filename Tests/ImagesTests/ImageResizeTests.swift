import Images
import Samples
import Testing

@Suite struct ImageResizeTests {
  @Test(arguments: [(20, 5), (4, 30), (13, 2)])
  func sameAsPillow(width: Int, height: Int) throws {
    let resized = try Fixture.image("rgb8.png").resized(width: width, height: height)
    let expected = try Fixture.image("resized-\(width)x\(height).png")
    #expect(resized.geometry == expected.geometry)
    // Pillow rounds to whole numbers between rows and columns.
    #expect(largestDifference(resized, expected) <= 1)
  }

  @Test(arguments: [(1, 1), (1, 300), (300, 1), (7, 7)])
  func paperStaysPaper(width: Int, height: Int) {
    let paper = Image(geometry: Geometry(width: 31, height: 17, format: .gray), filledWith: 255)
    #expect(paper.resized(width: width, height: height).pixels.allSatisfy { $0 == 255 })
  }
}
