#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

struct glyphline_jpeg {
  struct jpeg_decompress_struct decoder;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  /// Where the function that was called from Swift goes on after an error.
  jmp_buf failure;
  char message[JMSG_LENGTH_MAX];
};

/// As many as TurboJPEG allows. Otherwise a small progressive file could make the library process the whole picture
/// thousands of times.
enum { scan_count_max = 500 };

static void fail(j_common_ptr decoder) {
  struct glyphline_jpeg *file = decoder->client_data;
  decoder->err->format_message(decoder, file->message);
  longjmp(file->failure, 1);
}

/// Ends decoding at warnings after which pixels would be wrong or undefined, as in a truncated file. The others are of
/// files that all viewers show: bytes that belong to nothing between two segments, and odd values in segments.
static void judge(j_common_ptr decoder, int level) {
  // Levels from 0 on are no warnings.
  if (level >= 0) return;
  switch (decoder->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      return;
    default:
      fail(decoder);
  }
}

static void check_scan_count(j_common_ptr decoder) {
  struct glyphline_jpeg *file = decoder->client_data;
  if (file->decoder.input_scan_number <= scan_count_max) return;
  snprintf(file->message, sizeof file->message, "it has more than %d scans", scan_count_max);
  longjmp(file->failure, 1);
}

glyphline_jpeg_t glyphline_jpeg_create(const uint8_t *bytes, size_t byteCount) {
  struct glyphline_jpeg *file = calloc(1, sizeof *file);
  if (!file) return NULL;
  file->decoder.err = jpeg_std_error(&file->errors);
  file->errors.error_exit = fail;
  file->errors.emit_message = judge;
  file->decoder.client_data = file;
  if (setjmp(file->failure)) {
    glyphline_jpeg_destroy(file);
    return NULL;
  }
  jpeg_create_decompress(&file->decoder);
  file->progress.progress_monitor = check_scan_count;
  file->decoder.progress = &file->progress;
  jpeg_mem_src(&file->decoder, bytes, byteCount);
  return file;
}

void glyphline_jpeg_destroy(glyphline_jpeg_t file) {
  jpeg_destroy_decompress(&file->decoder);
  free(file);
}

bool glyphline_jpeg_read_header(glyphline_jpeg_t file) {
  struct jpeg_decompress_struct *decoder = &file->decoder;
  if (setjmp(file->failure)) return false;
  jpeg_read_header(decoder, TRUE);
  switch (decoder->num_components) {
    case 1: decoder->out_color_space = JCS_GRAYSCALE; break;
    case 3: decoder->out_color_space = JCS_RGB; break;
    case 4: decoder->out_color_space = JCS_CMYK; break;
    default: break;
  }
  return true;
}

uint32_t glyphline_jpeg_width(glyphline_jpeg_t file) { return file->decoder.image_width; }
uint32_t glyphline_jpeg_height(glyphline_jpeg_t file) { return file->decoder.image_height; }
int glyphline_jpeg_channel_count(glyphline_jpeg_t file) { return file->decoder.num_components; }

bool glyphline_jpeg_read_pixels(glyphline_jpeg_t file, uint8_t *pixels) {
  struct jpeg_decompress_struct *decoder = &file->decoder;
  if (setjmp(file->failure)) return false;
  // Pillow's settings, which are the library's own.
  decoder->dct_method = JDCT_ISLOW;
  jpeg_start_decompress(decoder);
  size_t rowByteCount = (size_t)decoder->output_width * decoder->output_components;
  while (decoder->output_scanline < decoder->output_height) {
    JSAMPROW row = pixels + decoder->output_scanline * rowByteCount;
    jpeg_read_scanlines(decoder, &row, 1);
  }
  jpeg_finish_decompress(decoder);
  return true;
}

const char *glyphline_jpeg_message(glyphline_jpeg_t file) { return file->message; }
