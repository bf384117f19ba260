import Foundation

/// An exclusive lock on a workspace, held by the kernel for as long as this value lives: when the process dies,
/// however it dies, the lock is gone. (`flock`, since a lock by `fcntl` is lost when any descriptor of the file is
/// closed.)
package struct LockFile: ~Copyable {
  private let descriptor: Int32

  /// - Throws: `FileError` with code `EWOULDBLOCK` where another process holds the lock.
  package init(_ path: String) throws(FileError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(.open, path: path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      throw FileError(.lock, path: path, code: code)
    }
  }

  deinit { close(descriptor) }
}
