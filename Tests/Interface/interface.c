// Checks the C interface: the same answers on any thread and after a fork, the order of batches however they are shared,
// errors in place of crashes. run.sh compiles it with AddressSanitizer.
//
// usage: interface WORKSPACE IMAGE: a workspace of Pipelines/smoke.yaml, and a PNG file of its test split.
#include <fcntl.h>
#include <glyphline.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUIRE(condition)                                                    \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      _exit(1);                                                               \
    }                                                                         \
  } while (0)

static void succeed(glyphline_error *error) {
  if (error) fprintf(stderr, "error: %s\n", glyphline_error_message(error));
  REQUIRE(!error);
}

static void fail(glyphline_error *error, int32_t code, const char *part) {
  REQUIRE(error);
  if (glyphline_error_code(error) != code || !strstr(glyphline_error_message(error), part))
    fprintf(stderr, "error %d: %s\n", glyphline_error_code(error), glyphline_error_message(error));
  REQUIRE(glyphline_error_code(error) == code && strstr(glyphline_error_message(error), part));
  glyphline_error_free(error);
}

static char path[4096];
static const char *in(const char *folder, const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

// The indices of the batches that the options ask for, one after the other.
static uint64_t *indices(const glyphline_split *split, glyphline_batches_options options, size_t *count) {
  uint64_t *all = NULL;
  glyphline_batches *batches;
  glyphline_samples *samples;
  *count = 0;
  succeed(glyphline_batches_open(split, &options, &batches));
  for (;;) {
    succeed(glyphline_batches_next(batches, &samples));
    if (!samples) break;
    all = realloc(all, (*count + samples->count) * sizeof *all);
    memcpy(all + *count, samples->indices, samples->count * sizeof *all);
    *count += samples->count;
    memset(samples->pixels, 0, samples->count);
    glyphline_samples_free(samples);
  }
  glyphline_batches_close(batches);
  return all;
}

static void check_order(const glyphline_split *split) {
  glyphline_batches_options options = {.size = 30, .shuffled = true, .seed = 7, .epoch = 2, .parts = 1};
  size_t count, part_count;
  uint64_t *whole = indices(split, options, &count);
  REQUIRE(count == 2000 / 30 * 30);
  for (options.parts = 2; options.parts <= 4; options.parts += 2) {
    for (options.part = 0; options.part < options.parts; options.part++) {
      for (options.start = 0; options.start < 100; options.start += 33) {
        uint64_t *part = indices(split, options, &part_count);
        size_t seen = 0;
        for (size_t batch = options.start + options.part; batch < count / 30; batch += options.parts, seen += 30)
          REQUIRE(!memcmp(part + seen, whole + 30 * batch, 30 * sizeof *whole));
        REQUIRE(seen == part_count);
        free(part);
      }
    }
  }
  free(whole);
}

static void check_samples(glyphline_split *split) {
  glyphline_batches_options options = {.size = 999, .parts = 1};
  glyphline_batches *batches;
  glyphline_samples *batch, *samples;
  uint64_t position = 0;
  succeed(glyphline_batches_open(split, &options, &batches));
  const glyphline_split_info *info = glyphline_split_describe(split);
  size_t image = (size_t)info->width * info->height * info->channels;
  for (;;) {
    succeed(glyphline_batches_next(batches, &batch));
    if (!batch) break;
    for (size_t row = 0; row < batch->count; row += 100) {
      uint64_t positions[] = {position + row, 1999 - position - row};
      succeed(glyphline_split_read(split, positions, 2, &samples));
      REQUIRE(samples->indices[0] == batch->indices[row] && samples->indices[1] == positions[1]);
      REQUIRE(samples->seeds[0] == batch->seeds[row] && samples->seeds[0] != samples->seeds[1]);
      REQUIRE(!memcmp(samples->pixels, batch->pixels + row * image, image));
      REQUIRE(!memcmp(samples->labels, batch->labels + row * info->label_capacity, 2 * info->label_capacity));
      glyphline_samples_free(samples);
    }
    position += batch->count;
    glyphline_samples_free(batch);
  }
  REQUIRE(position == 2000);
  glyphline_batches_close(batches);
  fail(glyphline_split_read(split, &position, 1, &samples), glyphline_wrong_usage, "2000");
  options.size = 2001, options.shuffled = true;
  fail(glyphline_batches_open(split, &options, &batches), glyphline_bad_data, "fewer than one batch");
  options.size = 10, options.part = 1;
  fail(glyphline_batches_open(split, &options, &batches), glyphline_wrong_usage, "part");
}

struct job {
  glyphline_model *model;
  const char *image;
  char text[8];
};

static void *predict(void *argument) {
  struct job *job = argument;
  glyphline_image images[200];
  for (int index = 0; index < 200; index++) images[index] = (glyphline_image){.path = job->image};
  images[1].path = "/dev/null";
  glyphline_predictions *predictions;
  succeed(glyphline_model_predict(job->model, images, 200, &predictions));
  REQUIRE(predictions->count == 200 && !predictions->items[1].text && predictions->items[1].error);
  const glyphline_model_info *info = glyphline_model_describe(job->model);
  float sum = 0, product = 1;
  for (int position = 0; position < info->positions; position++) {
    float most = 0;
    for (int class = 0; class < info->class_count; class++) {
      float probability = predictions->items[0].probabilities[position * info->class_count + class];
      sum += probability;
      if (probability > most) most = probability;
    }
    product *= most;
  }
  REQUIRE(sum > info->positions - 1e-4 && sum < info->positions + 1e-4);
  REQUIRE(product > predictions->items[0].confidence - 1e-4 && product < predictions->items[0].confidence + 1e-4);
  strcpy(job->text, predictions->items[0].text);
  for (int index = 2; index < 200; index++) REQUIRE(!strcmp(predictions->items[index].text, job->text));
  glyphline_predictions_free(predictions);
  return NULL;
}

static void check_images(glyphline_model *model) {
  glyphline_predictions *predictions;
  const glyphline_model_info *info = glyphline_model_describe(model);
  size_t byte_count = (size_t)info->width * info->height;
  uint8_t *pixels = calloc(byte_count, 1);
  glyphline_image image = {
      .bytes = pixels, .byte_count = byte_count, .width = info->width, .height = info->height, .channels = 1};
  succeed(glyphline_model_predict(model, &image, 1, &predictions));
  REQUIRE(predictions->items[0].text);
  glyphline_predictions_free(predictions);
  succeed(glyphline_model_predict(model, NULL, 0, &predictions));
  REQUIRE(predictions->count == 0);
  glyphline_predictions_free(predictions);
  image.byte_count--;
  fail(glyphline_model_predict(model, &image, 1, &predictions), glyphline_wrong_usage, "needed");
  image.channels = 2;
  fail(glyphline_model_predict(model, &image, 1, &predictions), glyphline_wrong_usage, "2 channels");
  free(pixels);
}

static void check_child(
    const char *workspace, const char *image, const char *text, glyphline_model *model, glyphline_split *split,
    glyphline_batches *batches) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    glyphline_predictions *predictions;
    glyphline_samples *samples;
    uint64_t position = 0;
    glyphline_image one = {.path = image};
    fail(glyphline_model_predict(model, &one, 1, &predictions), glyphline_wrong_usage, "fork");
    fail(glyphline_split_read(split, &position, 1, &samples), glyphline_wrong_usage, "fork");
    fail(glyphline_batches_next(batches, &samples), glyphline_wrong_usage, "fork");
    glyphline_batches_close(batches);
    glyphline_model_close(model);
    glyphline_split_close(split);
    succeed(glyphline_model_open(in(workspace, "model.safetensors"), 4, &model));
    struct job job = {model, image, ""};
    predict(&job);
    REQUIRE(!strcmp(job.text, text));
    glyphline_model_close(model);
    succeed(glyphline_split_open(workspace, "train", &split));
    check_order(split);
    glyphline_split_close(split);
    _exit(0);
  }
  int status;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

static void check_evaluation(const char *workspace, glyphline_split *split, const char *model) {
  const glyphline_split_info *info = glyphline_split_describe(split);
  glyphline_answer answers[200];
  char texts[200][3] = {};
  glyphline_accuracy accuracy;
  glyphline_samples *samples;
  for (uint64_t index = 0; index < 200; index++) {
    succeed(glyphline_split_read(split, &index, 1, &samples));
    for (int position = 0; position < 2; position++) texts[index][position] = *info->characters[samples->labels[position]];
    glyphline_samples_free(samples);
    answers[index] = (glyphline_answer){.index = 199 - index, .text = texts[199 - index], .confidence = 0.5};
  }
  for (int index = 0; index < 200; index++) answers[index].text = texts[199 - index];
  answers[0].text = "?!?";
  succeed(glyphline_record_evaluation(workspace, "test", model, answers, 200, &accuracy));
  REQUIRE(accuracy.images == 200 && accuracy.exact == 199 && accuracy.accuracy == 0.995 && accuracy.low95 < 0.995);
  fail(glyphline_record_evaluation(workspace, "test", model, answers, 199, &accuracy), glyphline_bad_data, "199");
  answers[1] = answers[0];
  fail(glyphline_record_evaluation(workspace, "test", model, answers, 200, &accuracy), glyphline_bad_data, "two");
  answers[1].confidence = 1.5;
  fail(glyphline_record_evaluation(workspace, "test", model, answers, 200, &accuracy), glyphline_wrong_usage, "1.5");
  answers[1] = (glyphline_answer){.index = 198, .text = "", .confidence = 0};
  int lock = open(in(workspace, "lock"), O_RDWR);
  REQUIRE(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0);
  fail(glyphline_record_evaluation(workspace, "test", model, answers, 200, &accuracy), glyphline_busy, workspace);
  close(lock);
}

// Flips a bit in the middle of a shard: a block's checksum no longer fits.
static void check_damage(const char *workspace) {
  glyphline_split *split;
  glyphline_batches *batches;
  glyphline_samples *samples;
  uint8_t byte;
  int file = open(in(workspace, "shards/test-00000.shard.zst"), O_RDWR);
  off_t middle = lseek(file, 0, SEEK_END) / 2;
  REQUIRE(pread(file, &byte, 1, middle) == 1 && (byte ^= 1, pwrite(file, &byte, 1, middle) == 1));
  succeed(glyphline_shard_open(path, &split));
  glyphline_batches_options options = {.size = 200, .shuffled = true, .parts = 1};
  succeed(glyphline_batches_open(split, &options, &batches));
  fail(glyphline_batches_next(batches, &samples), glyphline_bad_data, path);
  glyphline_batches_close(batches);
  uint64_t positions[200];
  for (int index = 0; index < 200; index++) positions[index] = index;
  fail(glyphline_split_read(split, positions, 200, &samples), glyphline_bad_data, path);
  glyphline_split_close(split);
  REQUIRE(ftruncate(file, middle) == 0);
  close(file);
  fail(glyphline_shard_open(path, &split), glyphline_bad_data, path);
  REQUIRE(truncate(in(workspace, "model.safetensors"), 1000) == 0);
  glyphline_model *model;
  fail(glyphline_model_open(path, 0, &model), glyphline_bad_data, path);
}

int main(int argc, char **argv) {
  REQUIRE(argc == 3);
  const char *workspace = argv[1], *image = argv[2];
  glyphline_model *model;
  glyphline_split *train, *test;
  glyphline_batches *batches;
  fail(glyphline_model_open("/nowhere", 0, &model), glyphline_no_input, "/nowhere");
  fail(glyphline_split_open(workspace, "half", &train), glyphline_wrong_usage, "half");
  fail(glyphline_split_open(workspace, "validation", &train), glyphline_no_input, "validation");
  fail(glyphline_shard_open(image, &train), glyphline_bad_data, image);
  succeed(glyphline_model_open(in(workspace, "model.safetensors"), 0, &model));
  succeed(glyphline_split_open(workspace, "train", &train));
  succeed(glyphline_split_open(workspace, "test", &test));

  struct job jobs[3];
  pthread_t threads[3];
  for (int index = 0; index < 3; index++) {
    jobs[index] = (struct job){model, image, ""};
    REQUIRE(!pthread_create(&threads[index], NULL, predict, &jobs[index]));
  }
  for (int index = 0; index < 3; index++) REQUIRE(!pthread_join(threads[index], NULL));
  REQUIRE(!strcmp(jobs[0].text, jobs[1].text) && !strcmp(jobs[0].text, jobs[2].text));
  check_images(model);
  check_order(train);
  check_samples(train);
  glyphline_batches_options options = {.size = 10, .shuffled = true, .parts = 1};
  succeed(glyphline_batches_open(train, &options, &batches));
  check_child(workspace, image, jobs[0].text, model, train, batches);
  check_evaluation(workspace, test, image);
  glyphline_model_close(model);
  // Batches may outlive their split.
  glyphline_split_close(train);
  glyphline_samples *samples;
  succeed(glyphline_batches_next(batches, &samples));
  glyphline_samples_free(samples);
  glyphline_batches_close(batches);
  glyphline_split_close(test);
  glyphline_model_close(NULL);
  glyphline_samples_free(NULL);
  check_damage(workspace);
  puts("the C interface is sound");
}
