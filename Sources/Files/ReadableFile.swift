import Foundation

/// A file open for reading at any offset, from any thread. It is read, not mapped: truncating a mapped file would end
/// the program with a bus error.
package final class ReadableFile: Sendable {
  /// For messages.
  package let path: String
  package let byteCount: Int
  private let descriptor: Int32

  package convenience init(_ path: String) throws(FileError) { try self.init(FilePath(path)) }

  package init(_ filePath: FilePath) throws(FileError) {
    path = filePath.description
    // Without O_NONBLOCK, opening a named pipe would wait forever for a writer.
    descriptor = filePath.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw FileError(.open, path: path, code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FileError(.stat, path: path, code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFile(.open, path: path) }
      throw FileError(.open, path: path, code: EISDIR)
    }
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills `buffer` from `offset` and returns the number of bytes read, fewer than asked for only at the file's end.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count, let address = buffer.baseAddress {
      let count = pread(descriptor, address + done, buffer.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(.read, path: path, code: errno)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Up to `count` bytes from `offset`; fewer only at the end of the file.
  package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, min(count, byteCount - offset))) { buffer, initialized in
      adviseLargePages(for: buffer)
      do throws(FileError) {
        initialized = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The whole file.
  package static func contents(of path: String) throws(FileError) -> [UInt8] { try contents(of: FilePath(path)) }

  /// The whole file.
  package static func contents(of path: FilePath) throws(FileError) -> [UInt8] {
    let file = try ReadableFile(path)
    return try file.read(at: 0, count: file.byteCount)
  }
}

/// Asks for pages of 2 MiB for `buffer`: allocating pages of 4 KiB takes longer than copying a file from the page
/// cache. Has no effect where the kernel has no large pages free.
private func adviseLargePages(for buffer: UnsafeMutableBufferPointer<UInt8>) {
  #if os(Linux)
    guard buffer.count >= 2 << 20, let address = buffer.baseAddress else { return }
    let start = UnsafeMutableRawPointer(address).alignedDown(toMultipleOf: Int(getpagesize()))
    madvise(start, UnsafeMutableRawPointer(address + buffer.count) - start, MADV_HUGEPAGE)
  #endif
}
