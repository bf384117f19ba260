/// What a run did to a disk, operation by operation, so that the disk can be had as it was in the middle of each.
package struct DiskHistory: Sendable {
  typealias Change = @Sendable (inout DiskContents) -> Void

  fileprivate enum Event: Sendable {
    /// An operation begins, such as "sync /tmp/a"; `half` is what it has done when it is cut off.
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

/// Goes through a history, from its start on.
package struct DiskReplay {
  private let history: DiskHistory
  private var contents = DiskContents()
  private var nextEvent = 0
  private var operationCount = 0

  package init(_ history: DiskHistory) { self.history = history }

  /// The disk as it is when operation `number`, counted from 1, is cut off in its middle, and what that operation is.
  /// - Precondition: the history has the operation, and no later one was asked for before.
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
