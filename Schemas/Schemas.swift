/// The SQL that makes an empty catalog: `catalog.sql` of this folder, word for word.
package let catalogSchema = String(decoding: PackageResources.catalog_sql, as: UTF8.self)

/// The SQL that upgrades older catalogs: `upgrades.sql` of this folder, word for word.
package let catalogUpgrades = String(decoding: PackageResources.upgrades_sql, as: UTF8.self)

/// The statement that sets a schema version in both files, without the number.
package let versionStatement = "PRAGMA user_version = "
