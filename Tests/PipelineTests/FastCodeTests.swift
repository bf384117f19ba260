import Foundation
import Testing

/// Libraries compute what their fast code lacks by a reference, thousands of times slower, without a word.
@Suite struct FastCodeTests {
  /// What the names of fast code begin with: oneDNN's compiled convolutions and products, its convolutions by products, and
  /// our own ways.
  private static let fastCode = [
    "jit", "brg", "gemm:jit", "x64:gemm:jit", "lowering", "Winograd", "sgemm", "dot products",
  ]

  /// Every convolution and product of the named models, and a grid of convolutions, in every direction.
  @Test(arguments: ["SSE41", "AVX", "AVX2", nil])
  func nothingIsComputedByAReference(instructionSet: String?) throws {
    let environment = instructionSet.map { ["DNNL_MAX_CPU_ISA": $0, "ONEDNN_MAX_CPU_ISA": $0] } ?? [:]
    let outcome = try Program.run(named: "kernelcheck", environment: environment)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count > 1000)
    if lines.first?.hasPrefix("plain Swift") == true { return print("skipped: neither oneDNN nor a BLAS is here") }
    for line in lines.dropFirst() {
      // What is computed, then the code of each direction: "8 to 16, kernel 3, ...: forward: jit:avx2, backward input: ..."
      let code = line.split(separator: ": ", maxSplits: 1).last ?? line
      for direction in code.split(separator: ", ") {
        let name = direction.split(separator: ": ").last ?? direction
        #expect(Self.fastCode.contains { name.hasPrefix($0) } && !name.contains("ref"), "\(line)")
      }
    }
  }
}
