import Foundation

/// An exclusive lock on a workspace for as long as this value lives. The kernel holds it, so it ends with the process,
/// however that ends. (`flock`, since a lock by `fcntl` is lost when any descriptor of the file is closed.) The file
/// has the process number of the last holder, for the error message of another process.
package struct LockFile: ~Copyable {
  private let descriptor: Int32

  package init(_ path: String) throws(LockError) {
    // Never write to what a link points to.
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .file(FileError(.create, path: path, code: errno)) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      defer { close(descriptor) }
      throw code == EWOULDBLOCK
        ? .held(path: path, holder: Self.holder(descriptor)) : .file(FileError(.lock, path: path, code: code))
    }
    // On a full disk the message lacks the number; the lock works all the same.
    let number = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, number, number.count, 0)
  }

  deinit {
    // Unlock explicitly: a child process that another thread is starting keeps the descriptor until it runs.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// The process number in the file; nil where that process has ended and the new holder has not written its own yet.
  private static func holder(_ descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let byteCount = pread(descriptor, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, byteCount)).prefix { $0 != UInt8(ascii: "\n") }
    guard let process = Int32(String(decoding: digits, as: UTF8.self)), process > 0 else { return nil }
    return kill(process, 0) == 0 || errno == EPERM ? process : nil
  }
}

/// Why a lock could not be taken.
package enum LockError: Error, Equatable, CustomStringConvertible {
  /// Another process has it; `holder` is its number, nil where it is unknown.
  case held(path: String, holder: Int32?)
  case file(FileError)

  package var description: String {
    switch self {
    case .held(let path, let holder):
      "\(path) is held by \(holder.map { "process \($0), " } ?? "")another command that writes here; "
        + "wait for it to end, or name another workspace"
    case .file(let error): error.description
    }
  }
}

extension LockError: ReportedError {
  package var exitStatus: ExitStatus {
    switch self {
    case .held: .busy
    case .file(let error): error.exitStatus
    }
  }

  package var cause: (any ReportedError)? { if case .file(let error) = self { error } else { nil } }
}
