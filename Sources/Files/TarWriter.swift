import CArchive
import Foundation

/// A tar file in the POSIX format ustar, written by libarchive. Its bytes depend on the names and contents alone: every
/// entry is a regular file of mode 644, of user and group 0, last modified at second 0 of 1970. The file is not synced.
package struct TarWriter: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private let archive: OpaquePointer
  private let entry: OpaquePointer

  /// Creates or empties the file.
  package init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = try SystemFileSystem().create(path)
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      preconditionFailure("out of memory")
    }
    (self.archive, self.entry) = (archive, entry)
    archive_write_set_format_ustar(archive)
    // If this fails, so does every later call.
    archive_write_open_fd(archive, descriptor)
  }

  deinit {
    // Otherwise libarchive would complete a file that was dropped unfinished.
    archive_write_fail(archive)
    archive_write_free(archive)
    archive_entry_free(entry)
    SystemFileSystem().close(descriptor)
  }

  /// libarchive keeps the error number of the failed system call.
  private var failure: FileError { FileError(.write, path: path, code: archive_errno(archive)) }

  /// - Parameter name: At most 100 ASCII characters.
  package mutating func append(_ name: String, _ bytes: [UInt8]) throws(FileError) {
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, name)
    archive_entry_set_filetype(entry, UInt32(S_IFREG))
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_mtime(entry, 0, 0)
    archive_entry_set_size(entry, Int64(bytes.count))
    guard archive_write_header(archive, entry) == ARCHIVE_OK,
      archive_write_data(archive, bytes, bytes.count) == bytes.count
    else { throw failure }
  }

  /// Writes the end of the file.
  package consuming func finish() throws(FileError) {
    guard archive_write_close(archive) == ARCHIVE_OK else { throw failure }
  }
}
