-- The catalog of a Glyphline workspace, `catalog.sqlite`, schema version 2. SQLite 3.37 or newer.
--
-- The program embeds this file. `sqlite3 new.sqlite < catalog.sql` makes an empty catalog that the program accepts.
-- Tables and views are a contract: their names and columns stay. Only `run`, `metric_rate` and `shard_file` have times.
-- All other tables have the same rows, however often the work was interrupted.
-- `upgrades.sql` upgrades catalogs of older versions.
--
-- Conventions: indices, records, positions and epochs count from 0, steps from 1. Files are paths relative to the
-- folder that holds this database. Hashes are SHA-256, in 64 lower-case hexadecimal digits.

PRAGMA application_id = 1196183624; -- 'GLPH' in ASCII
PRAGMA user_version = 2;

-- The characters that labels can have, in class order. Each is one Unicode scalar, so that SQL's substr() and length()
-- count characters.
CREATE TABLE charset (
  -- Derived from the characters, so the same list has the same id in every catalog.
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
  content_hash TEXT NOT NULL CHECK (content_hash <> ''), -- of header and seek table, which have all checksums
  PRIMARY KEY (split, number)
) STRICT, WITHOUT ROWID;

-- The modification time of a shard file when it was written or last verified. As long as time and size are the same,
-- the file is not verified again.
CREATE TABLE shard_file (
  split TEXT NOT NULL,
  number INTEGER NOT NULL,
  modified INTEGER NOT NULL, -- nanoseconds since 1970-01-01, UTC
  PRIMARY KEY (split, number),
  FOREIGN KEY (split, number) REFERENCES shard (split, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A labelled image, and where it is stored. The shard has all of this too, so these rows can be rebuilt from it.
CREATE TABLE sample (
  split TEXT NOT NULL,
  sample_index INTEGER NOT NULL CHECK (sample_index >= 0), -- index in the split; shards are in this order
  shard INTEGER NOT NULL, -- its number
  record INTEGER NOT NULL CHECK (record >= 0), -- index in the shard
  label TEXT NOT NULL CHECK (label <> ''),
  charset INTEGER NOT NULL REFERENCES charset (id),
  seed INTEGER NOT NULL CHECK (seed >= 0), -- the image was drawn from it; 0 for an imported image
  PRIMARY KEY (split, sample_index),
  FOREIGN KEY (split, shard) REFERENCES shard (split, number)
) STRICT, WITHOUT ROWID;

-- A damaged block that a stage left out, since the spec says `on_corrupt: skip`. Its samples are `records` records of
-- the shard from first_record on. The row is deleted when the stage starts over or the shard is dropped. A row of an
-- evaluation is also deleted when the shard is repaired; the evaluation then counts as unfinished.
CREATE TABLE left_out (
  stage TEXT NOT NULL CHECK (stage <> ''), -- 'train' or 'evaluate test'
  split TEXT NOT NULL,
  shard INTEGER NOT NULL, -- its number
  block INTEGER NOT NULL CHECK (block >= 0), -- index in the shard
  first_record INTEGER NOT NULL CHECK (first_record BETWEEN 0 AND 1048575),
  records INTEGER NOT NULL CHECK (records BETWEEN 1 AND 1048576),
  fault TEXT NOT NULL CHECK (fault <> ''), -- the damage, and its byte offset
  PRIMARY KEY (stage, split, shard, block),
  FOREIGN KEY (split, shard) REFERENCES shard (split, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A stage of the pipeline, such as 'build train', 'train' or 'evaluate test'.
CREATE TABLE stage (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  content_hash TEXT NOT NULL CHECK (content_hash <> ''), -- of everything that its result depends on
  state TEXT NOT NULL CHECK (state IN ('running', 'done')), -- an interrupted stage is 'running', too
  spec TEXT NOT NULL, -- the text that was hashed: shows what has changed
  -- Hash of the stage's result: of the model file, or of all imported labels and pixels. NULL for other stages, while
  -- training is unfinished, and for stages that were done before schema version 2.
  result TEXT CHECK (result <> '')
) STRICT, WITHOUT ROWID;

-- A command that wrote to this workspace. Times are UTC, as in 2026-11-22T10:28:27Z.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  command TEXT NOT NULL,
  started_at TEXT NOT NULL CHECK (julianday(started_at) IS NOT NULL),
  finished_at TEXT CHECK (finished_at IS NULL OR julianday(finished_at) IS NOT NULL),
  -- 'died': a later command found it unfinished and its process gone.
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'interrupted', 'died')),
  version TEXT NOT NULL, -- of the program
  cpu TEXT NOT NULL,
  threads INTEGER NOT NULL CHECK (threads > 0),
  precision TEXT, -- of training or evaluation, as in 'bfloat16'; NULL where neither ran
  CHECK ((outcome IN ('running', 'died')) = (finished_at IS NULL))
) STRICT;

-- A step of the newest training. Before training resumes from a checkpoint, the rows of later steps are deleted.
CREATE TABLE metric (
  step INTEGER PRIMARY KEY CHECK (step > 0),
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  images INTEGER NOT NULL CHECK (images > 0), -- images inferred since the start, this step's included
  loss REAL, -- mean over the images trained on; NULL where it was NaN
  learning_rate REAL NOT NULL CHECK (learning_rate >= 0),
  accuracy REAL CHECK (accuracy BETWEEN 0 AND 1) -- fraction of the inferred images that were exact
) STRICT;

-- The validation of the model after `step` steps, always on the same images.
CREATE TABLE validation (
  step INTEGER PRIMARY KEY REFERENCES metric (step) ON DELETE CASCADE,
  images INTEGER NOT NULL CHECK (images > 0),
  exact INTEGER NOT NULL CHECK (exact BETWEEN 0 AND images) -- images predicted exactly
) STRICT;

-- The speed of a training step, which differs from run to run.
CREATE TABLE metric_rate (
  step INTEGER PRIMARY KEY REFERENCES metric (step) ON DELETE CASCADE,
  images_per_second REAL NOT NULL CHECK (images_per_second >= 0)
) STRICT;

-- The state of training after `step` steps, from which it can resume.
CREATE TABLE checkpoint (
  step INTEGER PRIMARY KEY CHECK (step >= 0),
  file TEXT NOT NULL UNIQUE CHECK (file = printf('checkpoints/step-%09d.safetensors', step)),
  content_hash TEXT NOT NULL CHECK (content_hash <> ''), -- of the whole file
  loss REAL -- of the last step; NULL before the first, or where it was NaN
) STRICT;

-- An evaluation of a model on a split. Recorded with its predictions and confusion counts in one transaction, and
-- deleted with the samples of the split. A higher id is newer.
CREATE TABLE evaluation (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  model_hash TEXT NOT NULL CHECK (model_hash <> ''), -- of the model file
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  images INTEGER NOT NULL CHECK (images BETWEEN 1 AND 999999999999),
  exact INTEGER NOT NULL, -- images whose characters are all predicted correctly
  case_folded_exact INTEGER NOT NULL, -- the same, with 'a' and 'A' counted as equal (Unicode lower-casing)
  UNIQUE (id, split), -- for the foreign key of `prediction`
  CHECK (0 <= exact AND exact <= case_folded_exact AND case_folded_exact <= images)
) STRICT;

-- The prediction for one image in an evaluation.
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

-- Without this index, SQLite would scan all predictions for every sample that is deleted.
CREATE INDEX prediction_sample ON prediction (split, sample_index);

-- How often the character `truth` at a position was predicted as `predicted`. The empty string stands for the end of
-- the text. Pairs that did not occur have no row. The counts of a position add up to the number of images.
CREATE TABLE confusion (
  evaluation INTEGER NOT NULL REFERENCES evaluation (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 0),
  truth TEXT NOT NULL CHECK (length(truth) <= 1),
  predicted TEXT NOT NULL CHECK (length(predicted) <= 1),
  count INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (evaluation, position, truth, predicted)
) STRICT, WITHOUT ROWID;

-- Views. They list the newest evaluation first.

-- The fraction of images predicted exactly, with its 95 % interval (Wilson 1927; 1.959963984540054 is the 97.5 %
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

-- The confusion counts of each position, correct predictions included.
CREATE VIEW confusion_matrix (evaluation, position, truth, predicted, count) AS
SELECT evaluation, position, truth, predicted, count
FROM confusion
ORDER BY evaluation DESC, position, truth, predicted;

-- The confusion matrix over all positions, by truth. share: the fraction of all `truth` characters that were predicted
-- as `predicted`; the fractions of a `truth` add up to 1.
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

-- The confusion matrix over all positions, by prediction. share: the fraction of all predictions of `predicted` that
-- were a `truth`; the fractions of a `predicted` add up to 1.
CREATE VIEW confusion_by_prediction (evaluation, predicted, truth, count, share) AS
SELECT evaluation, predicted, truth, count,
  CAST(count AS REAL) / sum(count) OVER (PARTITION BY evaluation, predicted)
FROM confusion_by_truth
ORDER BY evaluation DESC, predicted, truth;

-- Every wrongly predicted character, with its image.
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

-- Wrongly predicted characters over all positions, the most frequent mistake first. share_of_truth: the fraction of all
-- `truth` characters that were predicted as `predicted`. examples: the sample_index of the first three such images.
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

-- The accuracy of each character over all positions, lowest first.
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

-- The accuracy of the characters at each position.
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

-- Wrongly predicted images, and where each is stored; the highest confidence first.
CREATE VIEW mistakes (evaluation, split, sample_index, file, record, seed, label, predicted, confidence) AS
SELECT prediction.evaluation, split, sample_index, shard.file, sample.record, sample.seed, sample.label,
  prediction.predicted, prediction.confidence
FROM prediction
JOIN sample USING (split, sample_index)
JOIN shard USING (split)
WHERE NOT prediction.exact AND shard.number = sample.shard
ORDER BY prediction.evaluation DESC, prediction.confidence DESC, sample_index;

-- The newest training, step by step. smoothed_loss, smoothed_accuracy: means of this step and up to 49 before it.
-- accuracy: the fraction of the step's images that were predicted exactly; validation_accuracy: that of the validation
-- images, NULL at steps without a validation.
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

-- The checkpoint with the highest validation accuracy; the newest of equal ones. No row without a validation split.
CREATE VIEW best_checkpoint (step, file, validation_accuracy) AS
SELECT step, file, CAST(exact AS REAL) / images
FROM checkpoint
JOIN validation USING (step)
ORDER BY exact DESC, step DESC
LIMIT 1;

-- Calibration: the images in ten bins of confidence. A calibrated model's accuracy is near its mean confidence in every
-- bin (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
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

-- The expected calibration error (Guo et al.): the gap between mean confidence and accuracy of a bin, averaged over all
-- images.
CREATE VIEW calibration_error (evaluation, images, mean_confidence, accuracy, expected_calibration_error) AS
SELECT evaluation, sum(images), sum(images * mean_confidence) / sum(images), sum(images * accuracy) / sum(images),
  sum(images * abs(accuracy - mean_confidence)) / sum(images)
FROM calibration
GROUP BY evaluation
ORDER BY evaluation DESC;

-- Images that two evaluations of a split predict differently. change: 'fixed' or 'broken' since the earlier one, or
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
