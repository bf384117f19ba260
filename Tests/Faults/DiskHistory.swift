/// The operations of a run on a disk, from which the disk's contents in the middle of each operation can be computed.
package struct DiskHistory: Sendable {
  typealias Change = @Sendable (inout DiskContents) -> Void

  fileprivate enum Event: Sendable {
    /// The start of an operation, such as "sync /tmp/a"; `half` is its effect when it is cut off in the middle.
    case operation(place: String, half: Change?)
    case change(Change)
  }

  fileprivate private(set) var events: [Event] = []
  package private(set) var operationCount = 0

  mutating func begin(_ place: String, half: Change?) {
    operationCount += 1
    events.append(.operation(place: place, half: half))
  }

  mutating func note(_ change: @escaping Change) { events.append(.change(change)) }

  /// The disk after the last operation.
  package var end: DiskContents {
    var contents = DiskContents()
    for case .change(let change) in events { change(&contents) }
    return contents
  }
}

/// Replays a history from its start.
package struct DiskReplay {
  private let history: DiskHistory
  private var contents = DiskContents()
  private var nextEvent = 0
  private var operationCount = 0

  package init(_ history: DiskHistory) { self.history = history }

  /// The operation `number`, from 1, and the disk's contents when it is cut off in the middle.
  /// - Precondition: the history has the operation; each call has a higher number than the one before.
  package mutating func cutOff(atOperation number: Int) -> (place: String, contents: DiskContents) {
    precondition(number > operationCount && number <= history.operationCount)
    while true {
      let event = history.events[nextEvent]
      nextEvent += 1
      switch event {
      case .change(let change): change(&contents)
      case .operation(let place, let half):
        operationCount += 1
        guard operationCount == number else { continue }
        var cutOff = contents
        half?(&cutOff)
        return (place, cutOff)
      }
    }
  }
}
