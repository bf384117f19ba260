// Makes locks and shared memory fail as on network file systems, in a program that preloads this library (LD_PRELOAD).
// Each variable is the error number that calls fail with:
//
//   FLOCK_ERR  flock on any file
//   FCNTL_ERR  fcntl's locks on SQLite's shared memory, files whose names end in "-shm"
//   SHM_ERR    mapping these files into memory
//   LOCK_ERR   fcntl's locks on any file
//
// Lustre without the mount option `flock` is FLOCK_ERR=38 LOCK_ERR=38 (ENOSYS), NFS 3 without its lock daemon
// FLOCK_ERR=37 LOCK_ERR=37 (ENOLCK), a file system without shared memory SHM_ERR=19 (ENODEV).

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

// Whether calls fail; sets errno if so.
static bool fails(const char *variable) {
  const char *number = getenv(variable);
  if (number) errno = atoi(number);
  return number != NULL;
}

static bool is_shared_memory(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = descriptor < 0 ? -1 : readlink(link, path, sizeof path);
  return length >= 4 && !memcmp(path + length - 4, "-shm", 4);
}

int flock(int descriptor, int operation) {
  static int (*next)(int, int);
  if (!next) next = dlsym(RTLD_NEXT, "flock");
  if (!(operation & LOCK_UN) && fails("FLOCK_ERR")) return -1;
  return next(descriptor, operation);
}

static int locking_fcntl(const char *name, int descriptor, int command, void *argument) {
  int (*const next)(int, int, ...) = dlsym(RTLD_NEXT, name);
  if (command == F_SETLK || command == F_SETLKW || command == F_GETLK) {
    if (fails("LOCK_ERR")) return -1;
    if (command != F_GETLK && is_shared_memory(descriptor) && fails("FCNTL_ERR")) return -1;
  }
  return next(descriptor, command, argument);
}

int fcntl(int descriptor, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *const argument = va_arg(rest, void *);
  va_end(rest);
  return locking_fcntl("fcntl", descriptor, command, argument);
}

int fcntl64(int descriptor, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *const argument = va_arg(rest, void *);
  va_end(rest);
  return locking_fcntl("fcntl64", descriptor, command, argument);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
  static void *(*next)(void *, size_t, int, int, int, off_t);
  if (!next) next = dlsym(RTLD_NEXT, "mmap");
  if (is_shared_memory(descriptor) && fails("SHM_ERR")) return MAP_FAILED;
  return next(address, length, protection, flags, descriptor, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t offset) {
  return mmap(address, length, protection, flags, descriptor, offset);
}
