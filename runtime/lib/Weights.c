/*===- Weights.c - the weight file beside a model -------------------------===*\
|*                                                                            *|
|* The file is mapped, not read: processes that run one model share its pages.*|
|* Its size finds a file that was cut, its seal the file of another model.    *|
|* Flipped bits only bn_verify_weights finds, which reads everything.         *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens `name` in the folder of `path`. */
static int open_beside(const char *path, const char *name) {
  char file[PATH_MAX];
  const char *slash = strrchr(path, '/');
  const int folder = slash ? (int)(slash - path) + 1 : 0;
  const int size = snprintf(file, sizeof(file), "%.*s%s", folder, path, name);
  if (size < 0 || size >= (int)sizeof(file)) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* A model may be reached through a link: the file lies beside the link or
 * beside what it points to. */
static int open_weights(const char *model_path, const char *name) {
  char real[PATH_MAX];
  int file = open_beside(model_path, name);
  if (file < 0 && errno == ENOENT && realpath(model_path, real))
    file = open_beside(real, name);
  return file;
}

/* The first touch of a mapped page reads ahead, megabytes of weights that no
 * run may need: the page of the seal is read alone. */
static void read_alone(const bitnet_weights_seal *seal) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  volatile const char *first = (const char *)seal;
  void *start = (void *)((uintptr_t)seal & ~(page - 1));
  madvise(start, page, MADV_RANDOM);
  (void)*first;
  madvise(start, page, MADV_NORMAL);
}

/* Whether the seal in the library is one: what has none, or one of another
 * version, is not what the linker step of the compiler wrote. */
static bitnet_status check_own_seal(const char *path,
                                    const bitnet_model_desc *desc) {
  const bitnet_weights_seal *seal = desc->weights_seal;
  if (seal)
    read_alone(seal);
  if (seal && seal->magic == BITNET_SEAL_MAGIC &&
      seal->version == BITNET_SEAL_VERSION && seal->size == desc->weights_size)
    return BITNET_OK;
  return bn_error(BITNET_BAD_MODEL,
                  "%s: damaged: the seal of its weights says nothing", path);
}

/* Whether the open `file` has the size and the seal that the library asks for.
 * The weights are not read. */
static bitnet_status check_file(int file, const char *path,
                                const bitnet_model_desc *desc) {
  const char *name = desc->weights_file;
  const uint64_t offset = bitnet_seal_offset(desc->weights_size);
  bitnet_weights_seal seal;
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
    return bn_error(BITNET_BAD_MODEL,
                    "%s: the weight file '%s' is not a "
                    "regular file",
                    path, name);
  if ((uint64_t)info.st_size != offset + sizeof(seal))
    return bn_error(BITNET_BAD_MODEL,
                    "%s: the weight file '%s' has %llu bytes,"
                    " the model expects %llu",
                    path, name, (unsigned long long)info.st_size,
                    (unsigned long long)(offset + sizeof(seal)));
  if (pread(file, &seal, sizeof(seal), (off_t)offset) != sizeof(seal))
    return bn_error(BITNET_IO_ERROR, "%s: cannot read '%s'", path, name);
  if (memcmp(&seal, desc->weights_seal, sizeof(seal)) == 0)
    return BITNET_OK;
  return bn_error(BITNET_BAD_MODEL,
                  seal.magic == BITNET_SEAL_MAGIC
                      ? "%s: the weight file '%s' belongs to another model"
                      : "%s: '%s' is not a weight file, or damaged",
                  path, name);
}

/* Maps the open `file` after check_file. Pages are read when a run needs them.
 */
static bitnet_status map_file(int file, const char *path,
                              const bitnet_model_desc *desc, void **weights) {
  const bitnet_status status = check_file(file, path, desc);
  if (status != BITNET_OK)
    return status;
  void *map = mmap(NULL, desc->weights_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (map == MAP_FAILED)
    return bn_error(BITNET_IO_ERROR, "%s: cannot map '%s': %s", path,
                    desc->weights_file, strerror(errno));
  *weights = map;
  return BITNET_OK;
}

bitnet_status bn_map_weights(const char *model_path,
                             const bitnet_model_desc *desc, void **weights) {
  const char *name = desc->weights_file;
  *weights = NULL;
  if (desc->weights_size == 0)
    return BITNET_OK;
  bitnet_status status = check_own_seal(model_path, desc);
  if (status != BITNET_OK || desc->weights)
    return status;
  if (!name || !*name || strchr(name, '/'))
    return bn_error(BITNET_BAD_MODEL, "%s: names no weight file", model_path);
  const int file = open_weights(model_path, name);
  if (file < 0)
    return bn_error(BITNET_IO_ERROR,
                    "%s: cannot open the weight file '%s' "
                    "beside it: %s",
                    model_path, name, strerror(errno));
  status = map_file(file, model_path, desc, weights);
  close(file);
  return status;
}

bitnet_status bn_verify_weights(const bitnet_model_desc *desc,
                                const void *mapped) {
  const void *bytes = desc->weights ? desc->weights : mapped;
  if (desc->weights_size == 0 ||
      bitnet_hash64(bytes, desc->weights_size) == desc->weights_seal->hash)
    return BITNET_OK;
  return bn_error(BITNET_BAD_MODEL,
                  "the weights of '%s' are damaged (wrong hash)",
                  desc->weights_file ? desc->weights_file : desc->name);
}
