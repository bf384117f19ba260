import ArgumentParser
import Images
import Network
import Pipeline
import Samples
import Specs

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show a shard's header, or one of its records as text or as an image.")

  @Argument(help: "A shard file.", completion: .file(extensions: ["zst"]))
  var shard: String

  @Option(help: ArgumentHelp("Show this record of the shard; the first is 0.", valueName: "number"))
  var record: Int?

  @Option(help: ArgumentHelp("Write the record's image to this PNG file.", valueName: "file"))
  var png: String?

  @Option(
    help: ArgumentHelp("Draw the record's seed again by this spec file, and compare the pixels.", valueName: "spec"),
    completion: .file(extensions: ["yaml", "yml"]))
  var redraw: String?

  @Flag(help: "Print the result as one JSON document.")
  var json = false

  func validate() throws {
    if png != nil && record == nil { throw ValidationError("--png needs --record") }
    if redraw != nil && record == nil { throw ValidationError("--redraw needs --record") }
  }

  private struct ShardReport: Encodable {
    let shard: String
    let formatVersion: Int
    let generatorVersion: Int
    let specHash: String
    let split: String
    let firstIndex: Int
    let records: Int
    let recordsPerBlock: Int
    let blocks: Int
    let width: Int
    let height: Int
    let channels: Int
    let labelCapacity: Int
    let charsets: [String]
    let compression: Int
    let byteCount: Int
    let contentByteCount: Int
  }

  private struct RecordReport: Encodable {
    let shard: String
    let record: Int
    let split: String
    let index: Int
    let seed: Int
    let label: String
    let charset: String
    let png: String?
    let redrawn: Bool?
  }

  func run() throws {
    try reportingErrors {
      let inspection = try ShardInspection(shard)
      if let record { try show(record, of: inspection) } else { try show(inspection) }
    }
  }

  private func show(_ inspection: ShardInspection) throws {
    let header = inspection.header
    let report = ShardReport(
      shard: shard, formatVersion: inspection.formatVersion, generatorVersion: Int(header.generatorVersion),
      specHash: header.specHash.description, split: header.split.rawValue, firstIndex: Int(header.firstIndex),
      records: header.recordCount, recordsPerBlock: header.blockRecordCount, blocks: header.blockCount,
      width: header.geometry.width, height: header.geometry.height, channels: header.geometry.format.rawValue,
      labelCapacity: header.labelCapacity, charsets: header.charsets.map(\.text), compression: header.compressionLevel,
      byteCount: inspection.byteCount, contentByteCount: inspection.contentByteCount)
    if json { return try outputJSON(report) }
    try output(
      """
      \(report.shard): shard format \(report.formatVersion), generator \(report.generatorVersion), \
      spec \(report.specHash)
      split \(report.split), samples \(report.firstIndex)...\(report.firstIndex + report.records - 1)
      \(counted(report.records, "record")) in \(counted(report.blocks, "block")) of \(report.recordsPerBlock), \
      zstd level \(report.compression)
      images \(report.width)x\(report.height), \(counted(report.channels, "byte")) a pixel; labels of up to \
      \(counted(report.labelCapacity, "character")) of \(report.charsets.map { "'\($0)'" }.joined(separator: ", "))
      \(report.byteCount) bytes, \(report.contentByteCount) decompressed
      """)
  }

  private func show(_ number: Int, of inspection: ShardInspection) throws {
    let record = try inspection.record(number)
    if let png { try PNGWriter.write(record.image, to: png) }
    if let redraw { try inspection.checkRedrawn(record, by: PipelineSpec(contentsOf: redraw)) }
    let report = RecordReport(
      shard: shard, record: number, split: inspection.header.split.rawValue, index: Int(record.index),
      seed: Int(record.seed), label: inspection.text(of: record),
      charset: inspection.header.charsets[record.charset].text, png: png, redrawn: redraw.map { _ in true })
    if json { return try outputJSON(report) }
    try output("\(report.label), sample \(report.index) of \(report.split), seed \(report.seed)")
    try output("charset \(report.charset)")
    if redraw != nil { try output("drawing its seed again gives the same pixels") }
  }
}
