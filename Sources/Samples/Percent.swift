import Foundation

/// A share as a person reads it, such as "96.12 %".
package func percent(_ share: Double, decimals: Int = 2) -> String { String(format: "%.\(decimals)f %%", 100 * share) }
