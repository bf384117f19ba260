import Foundation

/// What processes can share through the files of a folder, found by trying. The name of a file system would not tell:
/// Lustre has locks with the mount option `flock` only, NFS 3 needs a lock daemon, and servers and FUSE programs differ.
package enum FileSharing: Sendable {
  /// Locks on byte ranges and mapped memory, as on a local disk.
  case locksAndMemory
  /// Locks on byte ranges only.
  case locks
  case none

  /// - Parameter path: Of a database. The files tried are its neighbours `-probe-shm` and `-probe`, which are removed
  ///   again. Where they cannot be made, such as on a read-only disk, the folder counts as a local one.
  package init(nextToDatabase path: String) {
    // SQLite needs both in the file that ends in "-shm".
    if Self.canShare(path + "-probe-shm", mapped: true) {
      self = .locksAndMemory
    } else {
      self = Self.canShare(path + "-probe", mapped: false) ? .locks : .none
    }
  }

  private static func canShare(_ path: String, mapped: Bool) -> Bool {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
    guard descriptor >= 0 else { return true }
    defer {
      close(descriptor)
      unlink(path)
    }
    var range = flock()
    range.l_type = Int16(F_WRLCK)
    range.l_whence = Int16(SEEK_SET)
    range.l_len = 1
    // Where another process tries the same at this moment, its lock is seen, so locks work.
    guard fcntl(descriptor, F_SETLK, &range) == 0 || errno == EAGAIN || errno == EACCES else { return false }
    guard mapped else { return true }
    let byteCount = 4096
    guard let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
    else { return false }
    munmap(memory, byteCount)
    return true
  }
}
