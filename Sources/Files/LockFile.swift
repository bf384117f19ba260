import Foundation

/// A lock on a workspace for as long as this value lives.
///
/// Where the file system has `flock`, the kernel holds the lock, so it ends with the process, however that ends. (Not
/// `fcntl`, whose locks are lost when any descriptor of the file is closed.) On a local disk it excludes the processes
/// of this machine. On NFS, Linux turns it into a lock at the server, which excludes the processes of all machines, unless
/// the mount option `local_lock` or `nolock` keeps it on this one. Lustre's `localflock` keeps it there, too.
///
/// Lustre without the mount option `flock` answers ENOSYS, NFS 3 without its lock daemon ENOLCK, some FUSE file systems
/// EOPNOTSUPP. There the lock is a second file, `lock.holder`, made with O_CREAT | O_EXCL: the server makes it for one
/// process only, on NFS since version 3. It names its holder and is removed at the end. After a crash it stays:
///
/// - If the holder ran on this machine and has ended, the lock is free. A third file, `lock.takeover`, lets one process
///   at a time remove the old file, so that none removes the file of another that was quicker.
/// - Of a holder on another machine nothing can be known, so the lock counts as held, and the error names the file to
///   remove.
///
/// Each kind respects the other, since machines may have other mount options, and ENOLCK may be temporary: a holder first
/// writes its own name, then looks for a name in the other file. So of two that start at once, at least one sees the
/// other.
package struct LockFile: ~Copyable {
  package enum Kind: Sendable {
    /// For one process.
    case exclusive
    /// For any number of processes, while none has it exclusively. Where the kernel has no locks, an exclusive lock is
    /// respected, but a later one does not notice a shared one.
    case shared
  }

  private let descriptor: Int32
  private let kind: Kind
  /// The file that is the lock; nil where the kernel holds it.
  private let holderPath: String?

  /// - Throws: `LockError.held`, `.left`, or `.file` where the file cannot be created or locked.
  package init(_ path: String, _ kind: Kind = .exclusive) throws(LockError) {
    // Never write to what a link points to.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .file(FileError(.create, path: path, code: errno)) }
    let holderPath = path + ".holder"
    let isKernels: Bool
    do throws(LockError) {
      isKernels = try Self.lockByKernel(descriptor, kind, path: path, holderPath: holderPath)
      if !isKernels {
        if kind == .exclusive { try Self.claim(holderPath) } else { try Self.removeHolder(at: holderPath) }
        try Self.checkUnnamed(descriptor, path: path, holderPath: holderPath)
      }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.kind = kind
    self.holderPath = isKernels || kind == .shared ? nil : holderPath
  }

  deinit {
    if let holderPath {
      Self.unclaim(holderPath)
    } else {
      // If the name stayed, this process would seem to have crashed.
      if kind == .exclusive { ftruncate(descriptor, 0) }
      // Unlock explicitly: a child process that another thread is starting keeps the descriptor until it runs.
      flock(descriptor, LOCK_UN)
    }
    close(descriptor)
  }

  /// Locks with `flock`; a process that has it exclusively writes itself into the file.
  /// - Returns: False where the file system has no such locks.
  private static func lockByKernel(
    _ descriptor: Int32, _ kind: Kind, path: String, holderPath: String
  ) throws(LockError) -> Bool {
    guard flock(descriptor, (kind == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else {
      let code = errno
      switch code {
      case EWOULDBLOCK:
        // Named while it runs; the new holder may not have written its own name yet.
        throw .held(path: path, holder: LockHolder(in: descriptor).flatMap { $0.hasEnded ? nil : $0 })
      case ENOSYS, EOPNOTSUPP, ENOLCK: return false
      default: throw .file(FileError(.lock, path: path, code: code))
      }
    }
    // On a full disk the name is not written, and error messages lack it; the lock still works.
    if kind == .exclusive { _ = LockHolder.current.write(to: descriptor) }
    do throws(LockError) {
      try removeHolder(at: holderPath)
    } catch {
      if kind == .exclusive { ftruncate(descriptor, 0) }
      throw error
    }
    return true
  }

  /// Makes the file that is the lock.
  private static func claim(_ path: String) throws(LockError) {
    while true {
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
      if descriptor >= 0 {
        let isWritten = LockHolder.current.write(to: descriptor)
        let code = errno
        close(descriptor)
        if isWritten { return }
        unlink(path)
        throw .file(FileError(.write, path: path, code: code))
      }
      guard errno == EEXIST else { throw .file(FileError(.create, path: path, code: errno)) }
      try removeHolder(at: path)
    }
  }

  /// Removes the file of a holder that has ended.
  /// - Throws: `LockError` where a holder may be at work.
  private static func removeHolder(at path: String) throws(LockError) {
    guard try !isFree(path) else { return }
    let takeoverPath = path + ".takeover"
    let takeover = open(takeoverPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard takeover >= 0 else {
      throw errno == EEXIST
        ? .left(path: takeoverPath, holder: nil) : .file(FileError(.create, path: takeoverPath, code: errno))
    }
    defer {
      close(takeover)
      unlink(takeoverPath)
    }
    // Another process may have removed the file meanwhile, and a third may have made its own.
    guard try !isFree(path) else { return }
    guard unlink(path) == 0 else { throw .file(FileError(.remove, path: path, code: errno)) }
  }

  /// Whether there is no such file; false where its holder has ended.
  /// - Throws: `LockError` where a holder may be at work.
  private static func isFree(_ path: String) throws(LockError) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw .file(FileError(.open, path: path, code: errno)) }
      return true
    }
    defer { close(descriptor) }
    // The file is empty for the moment between its creation and the write.
    guard let holder = LockHolder(in: descriptor) else { throw .left(path: path, holder: nil) }
    if holder.hasEnded { return false }
    throw holder.isOfThisMachine ? .held(path: path, holder: holder) : .left(path: path, holder: holder)
  }

  /// Refuses where the kernel's lock has a holder: for that process, or on its machine, `flock` works.
  private static func checkUnnamed(_ descriptor: Int32, path: String, holderPath: String) throws(LockError) {
    guard let holder = LockHolder(in: descriptor), !holder.hasEnded else { return }
    unclaim(holderPath)
    throw holder.isOfThisMachine ? .held(path: path, holder: holder) : .left(path: path, holder: holder)
  }

  /// Removes the file that is the lock, unless a user has removed it already and it is now another's.
  private static func unclaim(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if LockHolder(in: descriptor) == .current { unlink(path) }
  }
}

/// Why a lock could not be taken.
package enum LockError: Error, Equatable, CustomStringConvertible {
  /// Another process has it; `holder` is nil where it is unknown.
  case held(path: String, holder: LockHolder?)
  /// The file counts as a lock, and its holder cannot be looked up: it is on another machine, or not named.
  case left(path: String, holder: LockHolder?)
  case file(FileError)

  package var description: String {
    switch self {
    case .held(let path, let holder):
      "\(path) is held by \(holder.map { Self.name($0) + ", " } ?? "")another command that writes here; "
        + "wait for it to end, or choose another workspace with --workspace"
    case .left(let path, let holder):
      "\(path) says that \(holder.map(Self.name) ?? "another command") writes here, on a file system without file "
        + "locks; wait for it to end, or remove this file if a crash ended it"
    case .file(let error): error.description
    }
  }

  private static func name(_ holder: LockHolder) -> String {
    "process \(holder.process)" + (holder.isOfThisMachine ? "" : " on \(holder.host)")
  }
}

extension LockError: ReportedError {
  package var exitStatus: ExitStatus {
    switch self {
    case .held, .left: .busy
    case .file(let error): error.exitStatus
    }
  }

  package var cause: (any ReportedError)? { if case .file(let error) = self { error } else { nil } }
}
