/// A number with what it counts, such as "1 shard" or "2 shards".
package func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
