import Foundation

/// A fraction as a percentage, such as "96.12 %".
package func percent(_ fraction: Double, decimals: Int = 2) -> String {
  String(format: "%.\(decimals)f %%", 100 * fraction)
}
