import GRDB

/// A row of a table or view. Each property is the column of its name, in snake case.
package protocol CatalogRow: Decodable, FetchableRecord, Sendable, Equatable {}

extension CatalogRow {
  package static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .convertFromSnakeCase }
}

/// A row of a table, with all of its columns, so that it can be inserted as it is.
package protocol TableRow: CatalogRow, Encodable, PersistableRecord {}

extension TableRow {
  package static var databaseColumnEncodingStrategy: DatabaseColumnEncodingStrategy { .convertToSnakeCase }
}

extension Catalog {
  /// - Parameter name: What is read, for messages.
  func rows<Row: CatalogRow>(
    _ name: String, sql: String, _ arguments: StatementArguments = []
  ) throws(CatalogError) -> [Row] {
    try read("read \(name)") { database in try Row.fetchAll(database, sql: sql, arguments: arguments) }
  }

  /// The number in the query's only row; 0 without a row.
  /// - Parameter name: What is read, for messages.
  func number<Number: DatabaseValueConvertible & Numeric>(
    _ name: String, sql: String, _ arguments: StatementArguments = []
  ) throws(CatalogError) -> Number {
    try read("read \(name)") { database in try Number.fetchOne(database, sql: sql, arguments: arguments) ?? .zero }
  }
}
