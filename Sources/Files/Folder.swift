import Foundation

/// The names of a folder's entries, in no particular order.
package func contents(ofFolder path: String) throws(FileError) -> [String] {
  guard let stream = opendir(path) else { throw FileError(.list, path: path, code: errno) }
  defer { closedir(stream) }
  var names: [String] = []
  errno = 0
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
      name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  guard errno == 0 else { throw FileError(.list, path: path, code: errno) }
  return names
}

/// Whether `path` is a folder, or a link to one.
package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
