import Foundation

/// A process that holds a lock, as it writes itself into the lock's file: process number, start time, boot, process
/// namespace and host name, in one line.
package struct LockHolder: Sendable, Equatable {
  package let process: Int32
  /// Clock ticks from the machine's start to the process's (`proc_pid_stat(5)`, field 22). Tells the process from a
  /// later one of the same number.
  package let startTicks: UInt64
  /// The kernel's random number for this start of the machine.
  package let boot: String
  /// Process numbers mean something only within it; each container has its own.
  package let namespace: String
  package let host: String

  package init(process: Int32, startTicks: UInt64, boot: String, namespace: String, host: String) {
    self.process = process
    self.startTicks = startTicks
    self.boot = boot
    self.namespace = namespace
    self.host = host
  }

  /// This process.
  package static let current = LockHolder(
    process: getpid(), startTicks: Status(ofProcess: getpid())?.startTicks ?? 0, boot: currentBoot ?? unknown,
    namespace: currentNamespace ?? unknown, host: hostName)

  package var line: String { "\(process) \(startTicks) \(boot) \(namespace) \(host)\n" }

  /// - Parameter line: As `line`; nil results from anything else, such as an empty file.
  package init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5, line.hasSuffix("\n"), let process = Int32(words[0]), process > 0,
      let startTicks = UInt64(words[1])
    else { return nil }
    self.init(
      process: process, startTicks: startTicks, boot: String(words[2]), namespace: String(words[3]),
      host: String(words[4].dropLast()))
  }

  /// The holder in a file; nil where the file names none, or there is no file.
  package init?(inFile path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    self.init(in: descriptor)
  }

  /// The holder in an open file; nil where the file names none.
  init?(in descriptor: Int32) {
    var bytes = [UInt8](repeating: 0, count: 1024)
    let byteCount = pread(descriptor, &bytes, bytes.count, 0)
    self.init(line: String(decoding: bytes.prefix(max(0, byteCount)), as: UTF8.self))
  }

  /// Makes this the file's whole content. On a full disk the file stays empty.
  func write(to descriptor: Int32) -> Bool {
    let bytes = Array(line.utf8)
    return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
  }

  /// Whether it runs, or ran, under the same kernel, so that both see the same memory through a file.
  package var sharesMemory: Bool { boot == Self.currentBoot ?? Self.unknown }

  /// Whether it ran on this machine, since its last start, and in this container, so that its number can be looked up.
  package var isOfThisMachine: Bool {
    sharesMemory && namespace == Self.currentNamespace && host == Self.hostName
  }

  /// Whether the process is known to have ended. Of another machine's processes nothing is known.
  package var hasEnded: Bool {
    guard isOfThisMachine else { return false }
    if kill(process, 0) != 0 && errno == ESRCH { return true }
    // A process that `/proc` hides counts as running.
    guard let status = Status(ofProcess: process) else { return false }
    return status.startTicks != startTicks || status.isDead
  }

  private static let unknown = "-"

  // nil where the system does not tell, so that no holder is taken for one of this machine.
  private static let currentBoot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
    .trimmingCharacters(in: .whitespacesAndNewlines)
  private static let currentNamespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")

  private static let hostName: String = {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return unknown }
    let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return name.isEmpty ? unknown : name.replacing(" ", with: "_")
  }()

  /// The parts of `/proc/PID/stat` that tell whether a process is the one that was recorded.
  private struct Status {
    let startTicks: UInt64
    /// It has ended, and its parent has not asked how yet.
    let isDead: Bool

    init?(ofProcess process: Int32) {
      guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")")
      else { return nil }
      // Field 3, the state, follows the program's name in parentheses, which may hold spaces itself.
      let fields = text[text.index(after: end)...].split(separator: " ")
      guard fields.count > 19, let ticks = UInt64(fields[19]) else { return nil }
      startTicks = ticks
      isDead = fields[0] == "Z" || fields[0] == "X"
    }
  }
}
