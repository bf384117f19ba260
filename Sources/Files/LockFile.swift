import Foundation

/// An exclusive lock on a workspace, held by the kernel for as long as this value lives: when the process dies,
/// however it dies, the lock is gone. (`flock`, since a lock by `fcntl` is lost when any descriptor of the file is
/// closed.)
package struct LockFile: ~Copyable {
  private let descriptor: Int32

  package init(_ path: String) throws(LockError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .file(FileError(.create, path: path, code: errno)) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      throw code == EWOULDBLOCK ? .held(path: path) : .file(FileError(.lock, path: path, code: code))
    }
  }

  deinit { close(descriptor) }
}

/// Why a lock could not be had.
package enum LockError: Error, Equatable, CustomStringConvertible {
  /// Another process has it.
  case held(path: String)
  case file(FileError)

  package var description: String {
    switch self {
    case .held(let path): "\(path) is held by another command that writes here; wait for it, or name another workspace"
    case .file(let error): error.description
    }
  }
}
