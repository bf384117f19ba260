-- The catalog of a Glyphline workspace, `catalog.sqlite`, schema version 2. SQLite 3.37 or newer.
--
-- The program embeds this very file. `sqlite3 new.sqlite < catalog.sql` makes an empty catalog that it accepts.
-- Tables and views are a contract: their names and columns stay. Only `run`, `metric_rate` and `shard_file` hold what a
-- clock said; all other tables are the same, row by row, however often the work was interrupted.
-- A catalog of an older version is upgraded as `upgrades.sql` says.
--
-- Conventions: indices, records, positions and epochs count from 0, steps from 1. Files are paths relative to the
-- folder that holds this database. Hashes are SHA-256, in 64 lower-case hexadecimal digits.

PRAGMA application_id = 1196183624; -- 'GLPH' in ASCII
PRAGMA user_version = 2;

-- A list of characters that labels are written in, in class order. Each character is one Unicode scalar, so that SQL's
-- substr() and length() count characters.
CREATE TABLE charset (
  -- Derived from the characters, not counted up: the same list has the same number in every catalog.
  id INTEGER PRIMARY KEY CHECK (id >= 0),
  characters TEXT NOT NULL UNIQUE CHECK (characters <> '')
) STRICT;

-- A shard file. It is recorded with all its samples in one transaction, after the file is durable.
CREATE TABLE shard (
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 999999999),
  file TEXT NOT NULL UNIQUE CHECK (file = printf('shards/%s-%05d.shard.zst', split, number)),
  first_index INTEGER NOT NULL CHECK (first_index BETWEEN 0 AND 999999999999), -- sample_index of record 0
  records INTEGER NOT NULL CHECK (records BETWEEN 1 AND 1048576),
  byte_count INTEGER NOT NULL CHECK (byte_count > 0),
  content_hash TEXT NOT NULL CHECK (content_hash <> ''), -- of header and seek table, which hold all checksums
  PRIMARY KEY (split, number)
) STRICT, WITHOUT ROWID;

-- When a shard file was written, or its every byte was last found sound: its time of modification in the file system. As
-- long as that and its size are the same, the file is not read again to see whether it is whole.
CREATE TABLE shard_file (
  split TEXT NOT NULL,
  number INTEGER NOT NULL,
  modified INTEGER NOT NULL, -- nanoseconds since 1970-01-01, UTC
  PRIMARY KEY (split, number),
  FOREIGN KEY (split, number) REFERENCES shard (split, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A labelled image, and where it is stored. All of this is in the shard too: these rows can be made again from it.
CREATE TABLE sample (
  split TEXT NOT NULL,
  sample_index INTEGER NOT NULL CHECK (sample_index >= 0), -- place in the split, which is also the order of the shards
  shard INTEGER NOT NULL, -- its number
  record INTEGER NOT NULL CHECK (record >= 0), -- place in the shard
  label TEXT NOT NULL CHECK (label <> ''),
  charset INTEGER NOT NULL REFERENCES charset (id),
  seed INTEGER NOT NULL CHECK (seed >= 0), -- what the image was drawn from; 0 where it was imported
  PRIMARY KEY (split, sample_index),
  FOREIGN KEY (split, shard) REFERENCES shard (split, number)
) STRICT, WITHOUT ROWID;

-- A damaged block that a stage went on without, as `on_corrupt: skip` in the spec asks. Its samples are those of the
-- shard whose records are first_record and the `records - 1` after it. Gone when the stage begins anew, or with the
-- shard; an evaluation's row also once the shard is repaired, and the evaluation is then unfinished.
CREATE TABLE left_out (
  stage TEXT NOT NULL CHECK (stage <> ''), -- 'train' or 'evaluate test'
  split TEXT NOT NULL,
  shard INTEGER NOT NULL, -- its number
  block INTEGER NOT NULL CHECK (block >= 0), -- place in the shard
  first_record INTEGER NOT NULL CHECK (first_record BETWEEN 0 AND 1048575),
  records INTEGER NOT NULL CHECK (records BETWEEN 1 AND 1048576),
  fault TEXT NOT NULL CHECK (fault <> ''), -- what is wrong with it, and where
  PRIMARY KEY (stage, split, shard, block),
  FOREIGN KEY (split, shard) REFERENCES shard (split, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A step of the pipeline, such as 'build train', 'train' or 'evaluate test'.
CREATE TABLE stage (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  content_hash TEXT NOT NULL CHECK (content_hash <> ''), -- of everything that its result depends on
  state TEXT NOT NULL CHECK (state IN ('running', 'done')), -- 'running' is also what an interrupted stage says
  spec TEXT NOT NULL, -- what was hashed, as text: shows what differs when the hash does
  -- Hash of what the stage made: of the model file, of the report, of all imported labels and pixels. NULL while it is
  -- unfinished, where it made no one thing, and where it was done before schema version 2.
  result TEXT CHECK (result <> '')
) STRICT, WITHOUT ROWID;

-- A command that wrote to this workspace. Times are UTC, as in 2026-11-22T10:28:27Z.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  command TEXT NOT NULL,
  started_at TEXT NOT NULL CHECK (julianday(started_at) IS NOT NULL),
  finished_at TEXT CHECK (finished_at IS NULL OR julianday(finished_at) IS NOT NULL),
  -- 'died': a later command found it unfinished, though its process was gone.
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'interrupted', 'died')),
  version TEXT NOT NULL, -- of the program
  cpu TEXT NOT NULL,
  threads INTEGER NOT NULL CHECK (threads > 0),
  precision TEXT, -- of training or evaluation, as in 'bfloat16'; NULL where neither ran
  CHECK ((outcome IN ('running', 'died')) = (finished_at IS NULL))
) STRICT;

-- A training step of the newest training. Training that goes on from a checkpoint drops the rows of later steps first.
CREATE TABLE metric (
  step INTEGER PRIMARY KEY CHECK (step > 0),
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  images INTEGER NOT NULL CHECK (images > 0), -- images looked at since the start, this step's included
  loss REAL, -- mean over the images learned from; NULL where it was not a number
  learning_rate REAL NOT NULL CHECK (learning_rate >= 0),
  accuracy REAL CHECK (accuracy BETWEEN 0 AND 1) -- share of the step's images read without a mistake, before the step
) STRICT;

-- How the model after `step` steps read images of the validation split, always the same ones.
CREATE TABLE validation (
  step INTEGER PRIMARY KEY REFERENCES metric (step) ON DELETE CASCADE,
  images INTEGER NOT NULL CHECK (images > 0),
  exact INTEGER NOT NULL CHECK (exact BETWEEN 0 AND images) -- images read without a mistake
) STRICT;

-- How fast a training step was: differs from one run to the next.
CREATE TABLE metric_rate (
  step INTEGER PRIMARY KEY REFERENCES metric (step) ON DELETE CASCADE,
  images_per_second REAL NOT NULL CHECK (images_per_second >= 0)
) STRICT;

-- The state of training after `step` steps, to go on from.
CREATE TABLE checkpoint (
  step INTEGER PRIMARY KEY CHECK (step >= 0),
  file TEXT NOT NULL UNIQUE CHECK (file = printf('checkpoints/step-%09d.safetensors', step)),
  content_hash TEXT NOT NULL CHECK (content_hash <> ''), -- of the whole file
  loss REAL -- of the last step; NULL where there was none, or it was not a number
) STRICT;

-- A model judged on a split. Recorded with its predictions and confusion counts in one transaction, and gone when the
-- samples of the split are. A higher id is newer.
CREATE TABLE evaluation (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  model_hash TEXT NOT NULL CHECK (model_hash <> ''), -- of the model file
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  images INTEGER NOT NULL CHECK (images BETWEEN 1 AND 999999999999),
  exact INTEGER NOT NULL, -- images read without a mistake
  case_folded_exact INTEGER NOT NULL, -- the same, where 'a' read as 'A' is no mistake (Unicode lower-casing)
  UNIQUE (id, split), -- what predictions refer to
  CHECK (0 <= exact AND exact <= case_folded_exact AND case_folded_exact <= images)
) STRICT;

-- What an evaluated model read in one image.
CREATE TABLE prediction (
  evaluation INTEGER NOT NULL,
  split TEXT NOT NULL,
  sample_index INTEGER NOT NULL,
  predicted TEXT NOT NULL,
  exact INTEGER NOT NULL CHECK (exact IN (0, 1)), -- 1 where `predicted` is the label
  confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1), -- the model's probability of `predicted`
  PRIMARY KEY (evaluation, sample_index),
  FOREIGN KEY (evaluation, split) REFERENCES evaluation (id, split) ON DELETE CASCADE,
  FOREIGN KEY (split, sample_index) REFERENCES sample (split, sample_index)
) STRICT, WITHOUT ROWID;

-- Without it, SQLite would read all predictions for every sample that is deleted.
CREATE INDEX prediction_sample ON prediction (split, sample_index);

-- How often, at one position, the character `truth` was read as `predicted`. Pairs that never happened have no row; the
-- counts of a position add up to the images. (An empty text means: past the end of the text.)
CREATE TABLE confusion (
  evaluation INTEGER NOT NULL REFERENCES evaluation (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 0),
  truth TEXT NOT NULL CHECK (length(truth) <= 1),
  predicted TEXT NOT NULL CHECK (length(predicted) <= 1),
  count INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (evaluation, position, truth, predicted)
) STRICT, WITHOUT ROWID;

-- Views. Where a view lists several evaluations, the newest comes first.

-- Share of images read without a single mistake, with its 95 % interval (Wilson 1927; 1.959963984540054 is the 97.5 %
-- quantile of the normal distribution).
CREATE VIEW image_accuracy (evaluation, split, images, exact, accuracy, low95, high95, case_folded_accuracy) AS
WITH
  proportion AS (
    SELECT id, split, images, exact, case_folded_exact,
      CAST(exact AS REAL) / images AS p, CAST(images AS REAL) AS n, 1.959963984540054 AS z
    FROM evaluation
  ),
  interval AS (
    SELECT id, split, images, exact, case_folded_exact, p,
      (p + z * z / (2 * n)) / (1 + z * z / n) AS centre,
      z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) AS reach
    FROM proportion
  )
SELECT id, split, images, exact, p, max(0.0, centre - reach), min(1.0, centre + reach),
  CAST(case_folded_exact AS REAL) / images
FROM interval
ORDER BY id DESC;

-- What was read where, rights and wrongs.
CREATE VIEW confusion_matrix (evaluation, position, truth, predicted, count) AS
SELECT evaluation, position, truth, predicted, count
FROM confusion
ORDER BY evaluation DESC, position, truth, predicted;

-- The confusion matrix over all positions. share: the part of all `truth` characters that was read as `predicted`; the
-- shares of a `truth` add up to 1.
CREATE VIEW confusion_by_truth (evaluation, truth, predicted, count, share) AS
WITH
  pair AS (
    SELECT evaluation, truth, predicted, sum(count) AS pair_count
    FROM confusion
    GROUP BY evaluation, truth, predicted
  )
SELECT evaluation, truth, predicted, pair_count,
  CAST(pair_count AS REAL) / sum(pair_count) OVER (PARTITION BY evaluation, truth)
FROM pair
ORDER BY evaluation DESC, truth, predicted;

-- The same from the other side. share: the part of all readings of `predicted` that was a `truth`; the shares of a
-- `predicted` add up to 1.
CREATE VIEW confusion_by_prediction (evaluation, predicted, truth, count, share) AS
SELECT evaluation, predicted, truth, count,
  CAST(count AS REAL) / sum(count) OVER (PARTITION BY evaluation, predicted)
FROM confusion_by_truth
ORDER BY evaluation DESC, predicted, truth;

-- Every single character that was taken for another, with the image it is in.
CREATE VIEW confused_characters (evaluation, split, sample_index, position, truth, predicted) AS
WITH
  place AS (SELECT DISTINCT evaluation, position FROM confusion),
  single AS (
    SELECT evaluation, split, sample_index, position,
      substr(sample.label, position + 1, 1) AS truth,
      substr(prediction.predicted, position + 1, 1) AS predicted
    FROM prediction
    JOIN sample USING (split, sample_index)
    JOIN place USING (evaluation)
    WHERE NOT prediction.exact
  )
SELECT evaluation, split, sample_index, position, truth, predicted
FROM single
WHERE truth <> predicted
ORDER BY evaluation DESC, sample_index, position;

-- Characters taken for others, over all positions; the most frequent mistake first. share_of_truth: the part of all
-- `truth` characters that was read as `predicted`. examples: the sample_index of the first three images with it.
CREATE VIEW confused_pairs (evaluation, truth, predicted, count, share_of_truth, examples) AS
WITH
  ranked AS (
    SELECT evaluation, truth, predicted, sample_index,
      row_number() OVER (PARTITION BY evaluation, truth, predicted ORDER BY sample_index) AS place
    FROM (SELECT DISTINCT evaluation, truth, predicted, sample_index FROM confused_characters)
  ),
  example AS (
    SELECT evaluation, truth, predicted, group_concat(sample_index, ' ') AS examples
    FROM ranked
    WHERE place <= 3
    GROUP BY evaluation, truth, predicted
  )
SELECT evaluation, truth, predicted, count, share, examples
FROM confusion_by_truth
LEFT JOIN example USING (evaluation, truth, predicted)
WHERE truth <> predicted
ORDER BY evaluation DESC, count DESC, share DESC, truth, predicted;

-- How often each character was read right, over all positions; the hardest character first.
CREATE VIEW character_accuracy (evaluation, character, count, correct, accuracy) AS
WITH
  tally AS (
    SELECT evaluation, truth, sum(count) AS truth_count, total(iif(truth = predicted, count, 0)) AS correct
    FROM confusion
    GROUP BY evaluation, truth
  )
SELECT evaluation, truth, truth_count, CAST(correct AS INTEGER), correct / truth_count
FROM tally
ORDER BY evaluation DESC, correct / truth_count, truth;

-- How often the character at each position was read right.
CREATE VIEW position_accuracy (evaluation, position, count, correct, accuracy) AS
WITH
  tally AS (
    SELECT evaluation, position, sum(count) AS position_count, total(iif(truth = predicted, count, 0)) AS correct
    FROM confusion
    GROUP BY evaluation, position
  )
SELECT evaluation, position, position_count, CAST(correct AS INTEGER), correct / position_count
FROM tally
ORDER BY evaluation DESC, position;

-- Images read wrong, and where each is stored; those that the model was surest of first.
CREATE VIEW mistakes (evaluation, split, sample_index, file, record, seed, label, predicted, confidence) AS
SELECT prediction.evaluation, split, sample_index, shard.file, sample.record, sample.seed, sample.label,
  prediction.predicted, prediction.confidence
FROM prediction
JOIN sample USING (split, sample_index)
JOIN shard USING (split)
WHERE NOT prediction.exact AND shard.number = sample.shard
ORDER BY prediction.evaluation DESC, prediction.confidence DESC, sample_index;

-- The newest training, step by step. smoothed_loss, smoothed_accuracy: means of this step and up to 49 before it.
-- accuracy: share of the step's images read without a mistake; validation_accuracy: that of the validation images, NULL
-- at steps after which they were not read.
CREATE VIEW learning_curve (
  step, epoch, images, loss, smoothed_loss, learning_rate, images_per_second, accuracy, smoothed_accuracy,
  validation_accuracy
) AS
SELECT step, epoch, metric.images, loss, avg(loss) OVER recent, learning_rate, images_per_second, accuracy,
  avg(accuracy) OVER recent, CAST(exact AS REAL) / validation.images
FROM metric
LEFT JOIN metric_rate USING (step)
LEFT JOIN validation USING (step)
WINDOW recent AS (ORDER BY step ROWS 49 PRECEDING)
ORDER BY step;

-- The kept checkpoint that read most of the validation images; of equal ones the newest. No row without validation.
CREATE VIEW best_checkpoint (step, file, validation_accuracy) AS
SELECT step, file, CAST(exact AS REAL) / images
FROM checkpoint
JOIN validation USING (step)
ORDER BY exact DESC, step DESC
LIMIT 1;

-- Whether the model's confidence can be believed: images in ten bins of confidence. A calibrated model's accuracy is
-- near its mean confidence in every bin (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
CREATE VIEW calibration (evaluation, low, high, images, mean_confidence, accuracy) AS
WITH
  binned AS (
    SELECT evaluation, min(CAST(confidence * 10 AS INTEGER), 9) AS bin, confidence, exact
    FROM prediction
  )
SELECT evaluation, bin / 10.0, (bin + 1) / 10.0, count(*), avg(confidence), avg(exact)
FROM binned
GROUP BY evaluation, bin
ORDER BY evaluation DESC, bin;

-- How far the confidence is from the truth, in one number: the gap between mean confidence and accuracy, averaged over
-- the images of all bins (expected calibration error, Guo et al.).
CREATE VIEW calibration_error (evaluation, images, mean_confidence, accuracy, expected_calibration_error) AS
SELECT evaluation, sum(images), sum(images * mean_confidence) / sum(images), sum(images * accuracy) / sum(images),
  sum(images * abs(accuracy - mean_confidence)) / sum(images)
FROM calibration
GROUP BY evaluation
ORDER BY evaluation DESC;

-- Images of a split that two evaluations read differently. change: 'fixed' or 'broken' since the earlier one, or
-- 'still wrong'.
CREATE VIEW evaluation_comparison (
  evaluation, earlier, split, sample_index, label, predicted, earlier_predicted, change
) AS
SELECT newer.evaluation, older.evaluation, split, sample_index, sample.label, newer.predicted, older.predicted,
  CASE WHEN newer.exact THEN 'fixed' WHEN older.exact THEN 'broken' ELSE 'still wrong' END
FROM prediction AS newer
JOIN prediction AS older USING (split, sample_index)
JOIN sample USING (split, sample_index)
WHERE older.evaluation < newer.evaluation AND older.predicted <> newer.predicted
ORDER BY newer.evaluation DESC, older.evaluation DESC, sample_index;
