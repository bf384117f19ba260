/// A command with its arguments quoted for a shell.
func shellText(of arguments: [String]) -> String { arguments.map(quoted).joined(separator: " ") }

private func quoted(_ argument: String) -> String {
  let plain: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber) || "-_./=:,+@%".contains($0) }
  if !argument.isEmpty && argument.allSatisfy(plain) { return argument }
  return "'" + argument.replacing("'", with: "'\\''") + "'"
}
