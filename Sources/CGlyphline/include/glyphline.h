// Glyphline's C interface: predict images with a trained model, read the samples of a workspace or shard, and record
// evaluations in its catalog. `libglyphline.so` implements it; Docs/c.md has an example.
//
// - A function that can fail returns NULL on success, and otherwise an error, which the caller frees. Its other results
//   are then unchanged.
// - Text and paths are UTF-8 and end with a zero byte; the paths of images may be any bytes.
// - Every pointer argument must be valid; NULL is allowed only where a comment says so.
// - Functions may be called on any thread. Calls with the same model or batches wait for one another.
// - A forked process cannot use what its parent opened: the functions return an error. What it opens itself computes on
//   the calling thread alone if the parent has used the library.

#ifndef GLYPHLINE_H
#define GLYPHLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The program's version, such as "0.1.0".
const char *glyphline_version(void);

// Runs the command-line program with the arguments of this process. Returns only if its command succeeds; otherwise
// the process ends with the command's exit code.
void glyphline_run_program(void);

// --- Errors ---------------------------------------------------------------------------------------------------------

typedef struct glyphline_error glyphline_error;

// The kinds of errors; the numbers are the program's exit codes.
enum {
  glyphline_wrong_usage = 64,    // an argument with an impossible value
  glyphline_bad_data = 65,       // an image, shard, model or catalog with faults
  glyphline_no_input = 66,       // a file is missing or cannot be opened
  glyphline_cannot_create = 73,  // a file cannot be created
  glyphline_input_output = 74,   // reading or writing failed
  glyphline_busy = 75,           // another process works in the workspace
};

int32_t glyphline_error_code(const glyphline_error *error);
// What was wrong, where, and what to do about it, in the words of the program. It lives as long as the error.
const char *glyphline_error_message(const glyphline_error *error);
// `error` may be NULL.
void glyphline_error_free(glyphline_error *error);

// --- Models ---------------------------------------------------------------------------------------------------------

typedef struct glyphline_model glyphline_model;

typedef struct {
  int32_t width, height;  // of the input, in pixels
  int32_t channels;       // of the input: 1 for gray, 3 for RGB
  int32_t positions;      // the most characters of a text
  int32_t shortest;       // the fewest
  int32_t class_count;    // of each position
  // [class_count]: the characters in class order. If the lengths differ, the last class is the blank after the end of a
  // text, and its string is empty.
  const char *const *characters;
} glyphline_model_info;

// Opens a model file that training made.
// - threads: 0 for one for each CPU that the process may use.
glyphline_error *glyphline_model_open(const char *path, int32_t threads, glyphline_model **model);
// `model` may be NULL.
void glyphline_model_close(glyphline_model *model);
// It lives as long as the model.
const glyphline_model_info *glyphline_model_describe(const glyphline_model *model);

// An image to predict: a file, the bytes of one, or pixels.
typedef struct {
  const char *path;              // of a PNG, JPEG, GIF, BMP or WebP file; NULL if `bytes` has the image
  const void *bytes;             // an image file's content; with `channels` > 0 pixels, [height, width, channels]
  size_t byte_count;
  int32_t width, height;         // of pixels
  int32_t channels;              // of pixels: 1 for gray, 3 for RGB; 0 if `bytes` has the content of a file
} glyphline_image;

typedef struct {
  const char *text;              // NULL if the image cannot be read
  double confidence;             // the model's probability of `text`: 0...1
  const float *probabilities;    // [positions, class_count]; each position's sum to 1; NULL if the image cannot be read
  int32_t error_code;            // 0 if the image could be read
  const char *error;             // why the image cannot be read; else NULL
} glyphline_prediction;

typedef struct {
  size_t count;
  const glyphline_prediction *items;  // [count], in the order of the images
} glyphline_predictions;

// Predicts images as `glyphline predict` does. An image that cannot be read is an error of that image alone.
// - images: [count]
// - predictions: The caller frees them.
glyphline_error *glyphline_model_predict(
    glyphline_model *model, const glyphline_image *images, size_t count, glyphline_predictions **predictions);
// `predictions` may be NULL.
void glyphline_predictions_free(glyphline_predictions *predictions);

// --- Samples --------------------------------------------------------------------------------------------------------

// The samples of a split, or of one shard. Each read verifies checksums.
typedef struct glyphline_split glyphline_split;

typedef struct {
  uint64_t count;                // of samples
  const char *name;              // "train", "validation" or "test"
  int32_t width, height;         // in pixels
  int32_t channels;              // 1 for gray, 3 for RGB
  int32_t label_capacity;        // the most characters of a label
  int32_t class_count;           // of each position of a label: the characters and the blank
  const char *const *characters; // [class_count], in class order; the last is the blank, whose string is empty
} glyphline_split_info;

typedef struct {
  size_t count;
  uint8_t *pixels;               // [count, height, width, channels]
  uint16_t *labels;              // [count, label_capacity]: classes; past the end of a label the blank
  uint64_t *indices;             // [count]: indices in the split; those of a whole split are 0, 1, 2, ...
  uint64_t *seeds;               // [count]: the seeds that the images were drawn from; 0 for imported images
} glyphline_samples;

// Opens the recorded shards of a workspace's split.
glyphline_error *glyphline_split_open(const char *workspace, const char *name, glyphline_split **split);
// Opens one shard; nothing but the file is needed.
glyphline_error *glyphline_shard_open(const char *path, glyphline_split **split);
// Batches of the split stay open. `split` may be NULL.
void glyphline_split_close(glyphline_split *split);
// It lives as long as the split.
const glyphline_split_info *glyphline_split_describe(const glyphline_split *split);
// Reads samples by their positions: 0 is the split's first sample. The most recently used blocks stay in memory.
// - positions: [count]
// - samples: The caller frees them.
glyphline_error *glyphline_split_read(
    glyphline_split *split, const uint64_t *positions, size_t count, glyphline_samples **samples);
// The memory of samples belongs to the caller, who may write to it. `samples` may be NULL.
void glyphline_samples_free(glyphline_samples *samples);

// --- Batches --------------------------------------------------------------------------------------------------------

// The batches of one epoch, read and decompressed ahead on other threads.
typedef struct glyphline_batches glyphline_batches;

typedef struct {
  uint64_t size;                 // samples in a batch
  // Whether the samples come in the order of training, in full batches only: `glyphline train` takes these batches if
  // `seed` is that of the spec and `size` is its batch x candidates. Otherwise they come in the order of their
  // positions, and the last batch may be smaller.
  bool shuffled;
  uint64_t seed;                 // of the order
  uint64_t epoch;                // its number, from 0; each has its own order
  uint64_t start;                // the first batch of the epoch to take; past its end, there is none
  uint64_t part, parts;          // takes batches start + part, start + part + parts, ...; 0, 1 for all
  int32_t threads;               // that read ahead; 0 for one for each CPU that the process may use
} glyphline_batches_options;

glyphline_error *glyphline_batches_open(
    const glyphline_split *split, const glyphline_batches_options *options, glyphline_batches **batches);
// `batches` may be NULL.
void glyphline_batches_close(glyphline_batches *batches);
// - samples: The next batch, which the caller frees; NULL after the last.
glyphline_error *glyphline_batches_next(glyphline_batches *batches, glyphline_samples **samples);

// --- Evaluations ----------------------------------------------------------------------------------------------------

typedef struct {
  uint64_t index;                // of the sample in its split
  const char *text;
  double confidence;             // the model's probability of `text`: 0...1
} glyphline_answer;

typedef struct {
  int64_t evaluation;            // its number in the catalog
  uint64_t images, exact;        // exact: with every character predicted correctly
  double accuracy;               // exact / images
  double low95, high95;          // its 95 % interval (Wilson)
  double character_accuracy;
  double case_folded_accuracy;   // of the images, with upper and lower case counted as equal
} glyphline_accuracy;

// Records the predictions of any model in the workspace's catalog, as `glyphline eval` does, with confusion counts.
// - model_path: A file that holds the model. Its SHA-256 identifies the model in the catalog.
// - answers: [count], one for each sample of the split, in any order.
glyphline_error *glyphline_record_evaluation(
    const char *workspace, const char *split, const char *model_path, const glyphline_answer *answers, size_t count,
    glyphline_accuracy *accuracy);

#ifdef __cplusplus
}
#endif

#endif
