// Puts ICU's data, 34 MB of the Swift libraries, into a library of its own, which the builds of libglyphline for the
// levels of CPUs share. Linked into libglyphline, this takes the place of the data: ICU finds an empty table under the
// data's name, ICU_DATA, and is given the shared data when libglyphline is loaded.

#include <stdint.h>

/// The start of ICU's data in libglyphline-icu.so.
extern const char glyphline_icu_data[];

/// ICU's `udata_setCommonData`, under the name that it has in Swift's libraries.
void swift_udata_setCommonData(const void *data, int *error);

/// A data file without entries: ICU's header (`DataHeader` in ucmndata.h, `UDataInfo` in udata.h) and a count.
__attribute__((visibility("hidden"), aligned(16))) const struct {
  uint16_t header_byte_count;
  uint8_t magic[2];
  uint16_t info_byte_count, reserved_word;
  uint8_t is_big_endian, charset_family, character_byte_count, reserved_byte;
  uint8_t format[4], format_version[4], data_version[4], padding[8];
  uint32_t entry_count, reserved[5];
} ICU_DATA = {
    .header_byte_count = 32, .magic = {0xda, 0x27}, .info_byte_count = 20, .character_byte_count = 2,
    .format = {'T', 'o', 'C', 'P'}, .format_version = {1},
};

__attribute__((constructor)) static void use_shared_data(void) {
  int error = 0;
  swift_udata_setCommonData(glyphline_icu_data, &error);
}
