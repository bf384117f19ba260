import Testing
import Workers

@Suite struct WorkRecordTests {
  @Test(
    arguments: [
      (tasks: [], threads: 4, seconds: 0), ([3], 4, 3), ([1, 1, 1, 1], 1, 4), ([1, 1, 1, 1], 2, 2),
      ([1, 1, 1, 1], 3, 2),
      ([1, 1, 1, 1, 1], 4, 2), ([2, 2, 3, 1], 2, 5), ([3, 2, 2, 1], 2, 4), ([1, 1, 4], 2, 5), ([4, 1, 1], 2, 4),
      ([0, 5], 8, 5),
    ] as [(tasks: [Double], threads: Int, seconds: Double)])
  func eachTaskGoesToTheThreadThatIsFreeFirst(tasks: [Double], threads: Int, seconds: Double) {
    #expect(makespan(of: tasks, threadCount: threads) == seconds)
  }

  /// Two loops of 4 and 3 seconds, and 1 second in none.
  @Test(arguments: [(threads: 1, seconds: 8.0), (2, 5), (4, 4), (32, 4)])
  func loopsAreSharedOutAndTheRestIsNot(threads: Int, seconds: Double) {
    let times = WorkTimes(seconds: 8, loops: [[1, 1, 1, 1], [2, 1]], labels: [])
    #expect(times.serialSeconds == 1)
    #expect(times.computedSeconds(threadCount: threads) == seconds)
  }

  @Test func eachTimeHasItsOwnMedian() {
    let label = WorkLabel("conv1", "forward lanes")
    let runs = [(1.0, 9.0, 2.0), (2, 5, 1), (3, 4, 8)].map { first, second, rest in
      WorkTimes(seconds: first + second + rest, loops: [[first, second]], labels: [(label, first)])
    }
    let times = WorkTimes(mediansOf: runs)
    #expect(times.loops == [[2, 5]] && times.serialSeconds == 2)
    #expect(times.labels.map(\.label) == [label] && times.labels[0].seconds == 2 && times.otherSeconds == 11)
  }

  /// A label's time is without that of labels inside it, and a loop's with all that is inside.
  @Test func aTeamRecordsWhatItDoes() {
    let record = WorkRecord()
    let team = Team(recordingTo: record)
    let (outer, inner) = (WorkLabel("all", "outer"), WorkLabel("all", "inner"))
    for _ in 0..<2 {
      let times = record.record {
        team.time(outer) {
          team.run(count: 3) { _ in
            for _ in 0..<2 { team.time(inner) { team.run(count: 2) { _ in } } }
          }
        }
        team.run(count: 0) { _ in }
      }
      #expect(team.threadCount == 1 && times.loops.map(\.count) == [3, 0])
      #expect(times.labels.map(\.label) == [inner, outer])
      #expect(times.labels.allSatisfy { $0.seconds >= 0 } && times.serialSeconds >= 0 && times.otherSeconds >= 0)
      #expect(times.labels[0].seconds <= times.loops[0].reduce(0, +))
    }
  }

  @Test func teamsWithoutARecordDoTheSame() {
    #expect(Team(threadCount: 2).time(WorkLabel("all", "sum")) { 1 + 1 } == 2)
  }
}
