-- Upgrades of catalogs that older programs made, one after the other. Each ends with the number of its schema version; a
-- catalog of version N needs what stands behind that number, in one transaction. `catalog.sql` says what columns mean.

-- Version 2: the hash of what a stage made, and when shard files were last found sound.

CREATE TABLE shard_file (
  split TEXT NOT NULL,
  number INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  PRIMARY KEY (split, number),
  FOREIGN KEY (split, number) REFERENCES shard (split, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

ALTER TABLE stage ADD COLUMN result TEXT CHECK (result <> '');

-- Of an imported split, the first line of the text has said it: 'images=' and the hash, or 'nothing'.
UPDATE stage SET result = nullif(substr(spec, 8, instr(spec, char(10)) - 8), 'nothing') WHERE spec LIKE 'images=%';

PRAGMA user_version = 2;
