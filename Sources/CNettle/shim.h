#include <nettle/sha2.h>
#include <nettle/version.h>

/// The SHA-256 digest of `count` bytes.
static inline void glyphline_sha256(const void *bytes, size_t count, uint8_t digest[SHA256_DIGEST_SIZE]) {
  struct sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, count, bytes);
#if NETTLE_VERSION_MAJOR >= 4
  sha256_digest(&context, digest);
#else
  sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
#endif
}
