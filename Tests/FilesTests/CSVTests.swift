import Files
import Testing

@Suite struct CSVTests {
  @Test func fieldsAreQuotedWhereTheyMustBe() throws {
    let fields = ["plain", "a,b", "say \"hi\"", "two\nlines", "", "ä中", "\r\n", "\""]
    #expect(csvField("plain") == "plain" && csvField("a,b") == "\"a,b\"")
    let text = "1,2,3,4,5,6,7,8\n" + fields.map(csvField).joined(separator: ",") + "\n"
    #expect(try CSVTable(text).rows.map(\.fields) == [fields])
  }

  @Test(arguments: ["\n", "\r\n", "\r"], [",", ";", "\t"])
  func linesEndAsTheyLike(end: String, comma: String) throws {
    let table = try CSVTable(
      "\u{FEFF}file,label\(end)a.png,AB\(end)\(end)\"b\"\"c\",\(end)d,e".replacing(",", with: comma))
    #expect(table.header == ["file", "label"])
    #expect(table.rows.map(\.fields) == [["a.png", "AB"], ["b\"c", ""], ["d", "e"]])
    #expect(table.rows.map(\.line) == [2, 4, 5])
  }

  @Test(arguments: [
    ("", 1, "empty"), ("\n\n", 1, "empty"), ("a,b\nc", 2, "fields is 1"), ("a\n\"b", 2, "not closed"),
    ("a\n\"b\"c", 2, "after a quoted"), ("a\nb\n\"x\ny\" z", 4, "after a quoted"),
  ])
  func faultsHaveTheirLine(text: String, line: Int, reason: String) {
    let fault = #expect(throws: CSVTable.Fault.self) { try CSVTable(text) }
    #expect(fault?.line == line && fault?.reason.contains(reason) == true, "\(String(describing: fault))")
  }
}
