/// The SQL that makes an empty catalog: `catalog.sql` of this folder, word for word.
package let catalogSchema = String(decoding: PackageResources.catalog_sql, as: UTF8.self)
