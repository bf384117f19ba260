import Foundation

func decimal(_ number: Double, count: Int) -> String { String(format: "%.\(count)f", number) }

/// A share as a person reads it, such as "96.12 %".
package func percent(_ share: Double, decimals: Int = 2) -> String { decimal(100 * share, count: decimals) + " %" }
