import Testing
import Workers

@Suite struct FutureTests {
  @Test func givesItsResultWheneverAsked() throws {
    let future = Future { "done" }
    #expect(try future.get() == "done")
    #expect(try future.get() == "done")
  }

  @Test func throwsWhatItsWorkThrewWheneverAsked() {
    let future = Future<Void> { throw JobFailure(job: 7) }
    for _ in 0..<2 { #expect(throws: JobFailure(job: 7)) { try future.get() } }
  }

  @Test func worksWhileOthersGoOn() throws {
    let started = Future { true }
    let future = Future { try started.get() }
    #expect(try future.get())
  }
}
