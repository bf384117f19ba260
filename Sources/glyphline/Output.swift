import Foundation

/// Prints one JSON document on standard output; keys are in a fixed order, the alphabet's.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// A share as a person reads it, such as "96.12 %".
func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
