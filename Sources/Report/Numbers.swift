import Foundation

func decimal(_ number: Double, count: Int) -> String { String(format: "%.\(count)f", number) }
