import Foundation

/// A file that is written over and over, and never synced.
final class ScratchFile {
  let path: String
  private let descriptor: Int32

  /// One for each thread, so that inputs can be read side by side.
  static var ofThisThread: ScratchFile {
    let key = "glyphline.scratch-file"
    if let file = Thread.current.threadDictionary[key] as? ScratchFile { return file }
    let file = ScratchFile()
    Thread.current.threadDictionary[key] = file
    return file
  }

  private init() {
    // In memory where there is such a folder: a disk takes milliseconds for what is cut short and written again.
    let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
    var template = Array((folder + "/fuzz-XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    precondition(descriptor >= 0, "no place for a file")
    // Without a name it is gone with the process, however that ends.
    unlink(template)
    path = "/proc/self/fd/\(descriptor)"
  }

  deinit { close(descriptor) }

  func replace(with bytes: [UInt8]) {
    precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
  }
}
