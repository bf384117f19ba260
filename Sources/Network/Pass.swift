import Workers

/// One piece of a pass over the network. A mini-batch is cut into lanes: equal runs of images, as many for any number of
/// threads, so that no result depends on how many there are.
enum Phase: Sendable {
  /// Works on the images of one lane alone; neighbouring phases of this kind run one after the other while the lane's
  /// numbers are still in the cache, without waiting for the other lanes. Of a network that only reads, all phases with
  /// activations are neighbours.
  case lanes(@Sendable (_ lane: Lane) -> Void)
  /// One share of a computation that reads all lanes.
  case shares(@Sendable (_ share: Int) -> Void)
  /// Done once, when all lanes are ready.
  case once(@Sendable () -> Void)
  /// Done once before the pass begins, from the parameters alone; for layers in any order, each on one thread.
  case prepare(@Sendable () -> Void)
  /// Done once after the pass; for layers in any order, each on one thread.
  case conclude(@Sendable () -> Void)
}

/// A sequence of phases, run by a team with as few waits for one another as the phases allow.
struct Pass: Sendable {
  private enum Group: Sendable {
    case lanes([@Sendable (Lane) -> Void])
    case shares(@Sendable (Int) -> Void)
    case once(@Sendable () -> Void)
  }

  private let preparations: [@Sendable () -> Void]
  private let groups: [Group]
  private let cut: Lanes
  private let conclusions: [@Sendable () -> Void]

  init(_ phases: [Phase], cut: Lanes) {
    var lanes: [@Sendable (Lane) -> Void] = []
    var groups: [Group] = []
    var preparations: [@Sendable () -> Void] = []
    var conclusions: [@Sendable () -> Void] = []
    func closeLanes() {
      if !lanes.isEmpty { groups.append(.lanes(lanes)) }
      lanes = []
    }
    for phase in phases {
      switch phase {
      case .lanes(let body): lanes.append(body)
      case .shares(let body):
        closeLanes()
        groups.append(.shares(body))
      case .once(let body):
        closeLanes()
        groups.append(.once(body))
      case .prepare(let body): preparations.append(body)
      case .conclude(let body): conclusions.append(body)
      }
    }
    closeLanes()
    self.cut = cut
    self.preparations = preparations
    self.groups = groups
    self.conclusions = conclusions
  }

  /// - Parameters:
  ///   - laneCount: So many lanes, from the first on, in place of all; only of a network that only reads.
  ///   - isPrepared: The parameters are as they were in the last run.
  func run(on team: Team, laneCount: Int? = nil, isPrepared: Bool = false) {
    if !isPrepared { team.run(count: preparations.count) { number in preparations[number]() } }
    for group in groups {
      switch group {
      case .lanes(let bodies):
        let hasOwnPlaces = cut.placeCount == cut.count
        team.run(count: laneCount ?? cut.count) { number, worker in
          let lane = Lane(number: number, place: hasOwnPlaces ? number : worker, worker: worker)
          for body in bodies { body(lane) }
        }
      case .shares(let body): team.run(count: cut.shareCount, body)
      case .once(let body): body()
      }
    }
    team.run(count: conclusions.count) { number in conclusions[number]() }
  }
}
