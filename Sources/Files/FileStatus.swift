import Foundation

/// Size and time of a regular file.
package struct FileStatus: Sendable, Equatable {
  package let byteCount: Int
  /// When its content last changed, in nanoseconds since 1970-01-01, UTC.
  package let modified: Int

  /// nil where there is no such file.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    byteCount = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modified = Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }
}
