/*===- Weights.c - the weight file beside a model -------------------------===*\
|*                                                                            *|
|* The file is mapped, not read: processes that run one model share its pages.*|
|* The hash finds damage and files of another model before a run does.        *|
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

/* Maps the open `file` after checks of its kind, size and hash. `path` is the
 * model's, for the error line. */
static bitnet_status map_file(int file, const char *path,
                              const bitnet_model_desc *desc, void **weights) {
  const char *name = desc->weights_file;
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
    return bn_error(BITNET_BAD_MODEL,
                    "%s: the weight file '%s' is not a "
                    "regular file",
                    path, name);
  if ((uint64_t)info.st_size != desc->weights_size)
    return bn_error(BITNET_BAD_MODEL,
                    "%s: the weight file '%s' has %llu bytes,"
                    " the model expects %llu",
                    path, name, (unsigned long long)info.st_size,
                    (unsigned long long)desc->weights_size);
  void *map = mmap(NULL, desc->weights_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (map == MAP_FAILED)
    return bn_error(BITNET_IO_ERROR, "%s: cannot map '%s': %s", path, name,
                    strerror(errno));
  if (bitnet_hash64(map, desc->weights_size) != desc->weights_hash) {
    munmap(map, desc->weights_size);
    return bn_error(BITNET_BAD_MODEL,
                    "%s: the weight file '%s' is damaged or "
                    "belongs to another model (wrong hash)",
                    path, name);
  }
  *weights = map;
  return BITNET_OK;
}

bitnet_status bn_map_weights(const char *model_path,
                             const bitnet_model_desc *desc, void **weights) {
  const char *name = desc->weights_file;
  *weights = NULL;
  if (desc->weights || desc->weights_size == 0)
    return BITNET_OK;
  if (!name || !*name || strchr(name, '/'))
    return bn_error(BITNET_BAD_MODEL, "%s: names no weight file", model_path);
  const int file = open_weights(model_path, name);
  if (file < 0)
    return bn_error(BITNET_IO_ERROR,
                    "%s: cannot open the weight file '%s' "
                    "beside it: %s",
                    model_path, name, strerror(errno));
  const bitnet_status status = map_file(file, model_path, desc, weights);
  close(file);
  return status;
}
