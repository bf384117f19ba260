-- Upgrades of catalogs of older schema versions, in order. Each ends by setting its version. A catalog of version N
-- gets all statements after the line that sets N, in one transaction. `catalog.sql` explains the columns.

-- Version 2: the hash of a stage's result, and when shard files were last verified.

CREATE TABLE shard_file (
  split TEXT NOT NULL,
  number INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  PRIMARY KEY (split, number),
  FOREIGN KEY (split, number) REFERENCES shard (split, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

ALTER TABLE stage ADD COLUMN result TEXT CHECK (result <> '');

-- For an imported split, the hash is in the first line of `spec`: 'images=' and the hash, or 'nothing'.
UPDATE stage SET result = nullif(substr(spec, 8, instr(spec, char(10)) - 8), 'nothing') WHERE spec LIKE 'images=%';

PRAGMA user_version = 2;
