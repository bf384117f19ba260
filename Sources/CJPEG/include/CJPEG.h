#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// libjpeg reports errors by leaving the functions it is in, which Swift cannot do; these functions return instead. They
// also tell its warnings apart: TurboJPEG, the library's simpler interface, keeps the words of the first warning only.

/// A JPEG file and its decoder. Its owner destroys it.
typedef struct glyphline_jpeg *glyphline_jpeg_t;

/// - Parameter bytes: The whole file; it must outlive the decoder.
/// - Returns: Null where there is no memory.
glyphline_jpeg_t glyphline_jpeg_create(const uint8_t *bytes, size_t byteCount);

void glyphline_jpeg_destroy(glyphline_jpeg_t file);

/// Reads everything before the first pixel. False where the file is damaged; then `glyphline_jpeg_message` says how.
bool glyphline_jpeg_read_header(glyphline_jpeg_t file);

/// After the header.
uint32_t glyphline_jpeg_width(glyphline_jpeg_t file);
uint32_t glyphline_jpeg_height(glyphline_jpeg_t file);

/// The colours of the file and of its pixels: 1 is gray, 3 is RGB, 4 is CMYK. Other counts cannot be decoded.
int glyphline_jpeg_channel_count(glyphline_jpeg_t file);

/// Decodes the file, once. False where it is damaged or cut off; then some pixels are undefined.
/// - Parameter pixels: [height, width, channel]
bool glyphline_jpeg_read_pixels(glyphline_jpeg_t file, uint8_t *pixels);

/// What is wrong with the file, in libjpeg's words.
const char *glyphline_jpeg_message(glyphline_jpeg_t file);
