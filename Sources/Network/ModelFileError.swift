import Files

/// A model or checkpoint file that cannot be read, or does not fit.
package enum ModelFileError: ReportedError {
  case file(FileError)
  /// Cut short, changed, or of another format.
  case damaged(path: String, reason: String)
  /// Undamaged, but of another model; `differences` says each in words.
  case mismatch(path: String, differences: [String])

  package var description: String {
    switch self {
    case .file(let error): error.description
    case .damaged(let path, let reason): "\(path): not a usable model file: \(reason)"
    case .mismatch(let path, let differences): "\(path): the model does not fit: \(differences.joined(separator: "; "))"
    }
  }

  package var cause: (any ReportedError)? { if case .file(let error) = self { error } else { nil } }
}
