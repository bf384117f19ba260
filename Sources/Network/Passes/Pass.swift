import Workers

/// One piece of a pass over the network. A mini-batch is cut into lanes: equal runs of images, whose number depends
/// neither on the number of threads nor on that of ranks, so that results do not either.
enum Phase: Sendable {
  /// Works on the images of one lane. Neighbouring phases of this kind run one after the other while the lane's values
  /// are in the cache, without waiting for other lanes. In inference, all phases with activations are neighbours.
  case lanes(@Sendable (_ lane: Lane) -> Void)
  /// One share of a computation that reads all lanes of all ranks.
  case shares(@Sendable (_ share: Int) -> Void)
  /// Runs once, when all lanes of this rank are ready. The ranks exchange what they need of one another there.
  case once(@Sendable () -> Void)
  /// Runs once before the pass, on the parameters alone; for layers in any order, each on one thread.
  case prepare(@Sendable () -> Void)
}

/// A sequence of phases, run by a team that waits between phases only where it must.
struct Pass: Sendable {
  /// The purpose of a pass, a word in the labels of its times.
  enum Direction: String {
    case forward, backward, inference
  }

  /// The work of a phase, and the label of the time it takes.
  private typealias Work<Body> = (label: WorkLabel, body: Body)
  private typealias SingleWork = Work<@Sendable () -> Void>

  private enum Group: Sendable {
    case lanes([Work<@Sendable (Lane) -> Void>])
    case shares(Work<@Sendable (Int) -> Void>)
    case once(SingleWork)
  }

  private let cut: Lanes
  private var preparations: [SingleWork] = []
  private var groups: [Group] = []

  /// - Parameter phases: Each with the name of its layer.
  init(_ phases: [(String, Phase)], _ direction: Direction, cut: Lanes) {
    self.cut = cut
    for (layer, phase) in phases {
      func label(_ kind: String) -> WorkLabel { WorkLabel(layer, "\(direction.rawValue) \(kind)") }
      switch phase {
      case .lanes(let body):
        var works = [(label: label("lanes"), body: body)]
        if case .lanes(let neighbours)? = groups.last {
          works = neighbours + works
          groups.removeLast()
        }
        groups.append(.lanes(works))
      case .shares(let body): groups.append(.shares((label("shares"), body)))
      case .once(let body): groups.append(.once((label("once"), body)))
      case .prepare(let body): preparations.append((label("prepare"), body))
      }
    }
  }

  /// - Parameters:
  ///   - laneCount: Lanes to run, from this rank's first on; nil for all. Training runs all.
  ///   - isPrepared: Whether the parameters are as in the last run.
  ///   - finish: Called with the layers whose work on lanes has just been done.
  func run(
    on team: Team, laneCount: Int? = nil, isPrepared: Bool = false, finish: (_ layers: [String]) -> Void = { _ in }
  ) {
    if !isPrepared {
      team.run(count: preparations.count) { number in team.time(preparations[number].label, preparations[number].body) }
    }
    for group in groups {
      switch group {
      case .lanes(let works):
        team.run(count: laneCount ?? cut.own.count) { index, worker in
          let lane = Lane(
            number: cut.own.lowerBound + index, slot: cut.hasOwnSlots ? index : worker, worker: worker)
          for work in works { team.time(work.label) { work.body(lane) } }
        }
        finish(works.map(\.label.part))
      case .shares(let work):
        let shares = cut.shares.own
        team.run(count: shares.count) { index in
          team.time(work.label) { work.body(shares.lowerBound + index) }
        }
      case .once(let work): team.time(work.label, work.body)
      }
    }
  }
}
