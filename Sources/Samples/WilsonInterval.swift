/// The 95 % confidence interval of a proportion observed as `successes` of `trials` (E. B. Wilson, "Probable Inference,
/// the Law of Succession, and Statistical Inference", JASA 22, 1927). Unlike the normal approximation it also holds
/// near 0 and 1, where good models are. The catalog's view `image_accuracy` computes the same bounds by the same
/// operations.
package struct WilsonInterval: Sendable, Equatable {
  /// Within 0 ... 1.
  package let low: Double
  package let high: Double

  /// - Precondition: `successes` is 0 ... `trials`, and `trials` is above 0.
  package init(successes: Int, trials: Int) {
    precondition(trials > 0 && (0...trials).contains(successes))
    // The 97.5 % quantile of the normal distribution.
    let z = 1.959963984540054
    let n = Double(trials)
    let p = Double(successes) / n
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    low = max(0, centre - reach)
    high = min(1, centre + reach)
  }
}
