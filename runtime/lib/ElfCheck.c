/*===- ElfCheck.c - look before dlopen ------------------------------------===*\
|*                                                                            *|
|* dlopen trusts the headers of a file and may fault on one that is truncated *|
|* or damaged. These checks read the headers first, so that such a file is an *|
|* error of bitnet_model_load.                                                *|
\*===----------------------------------------------------------------------===*/

#include "Host.h"
#include "Internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A linked model has about ten; more are made of garbage. */
enum { MAX_SEGMENTS = 32 };

/* Whether this is a shared object for this machine whose tables of segments and
 * sections lie inside the file of `size` bytes. */
static bitnet_status check_header(const char *path, const Elf64_Ehdr *header,
                                  uint64_t size) {
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 ||
      header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_type != ET_DYN ||
      header->e_phentsize != sizeof(Elf64_Phdr) ||
      header->e_phnum > MAX_SEGMENTS)
    return bn_error(BITNET_BAD_MODEL,
                    "%s: not a compiled model (no 64-bit ELF "
                    "shared object)",
                    path);
  if (header->e_machine != HOST_MACHINE)
    return bn_error(BITNET_BAD_MODEL, "%s: compiled for %s, this machine is %s",
                    path, machine_name(header->e_machine),
                    machine_name(HOST_MACHINE));
  const uint64_t sections = (uint64_t)header->e_shnum * header->e_shentsize;
  const uint64_t segments = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);
  if (header->e_phoff > size || segments > size - header->e_phoff ||
      (header->e_shoff &&
       (header->e_shoff > size || sections > size - header->e_shoff)))
    return bn_error(BITNET_BAD_MODEL, "%s: the file is truncated", path);
  return BITNET_OK;
}

/* Whether every segment that dlopen reads lies inside the file, and there is a
 * dynamic one. */
static bitnet_status check_segments(const char *path, int file,
                                    const Elf64_Ehdr *header, uint64_t size) {
  int dynamic = 0;
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    Elf64_Phdr segment;
    const off_t at = (off_t)(header->e_phoff + i * sizeof(segment));
    if (pread(file, &segment, sizeof(segment), at) != sizeof(segment))
      return bn_error(BITNET_IO_ERROR, "%s: cannot read", path);
    dynamic |= segment.p_type == PT_DYNAMIC;
    if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC)
      continue;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset ||
        segment.p_filesz > segment.p_memsz)
      return bn_error(BITNET_BAD_MODEL, "%s: the file is truncated", path);
  }
  if (!dynamic)
    return bn_error(BITNET_BAD_MODEL, "%s: not a compiled model", path);
  return BITNET_OK;
}

bitnet_status bn_check_elf(const char *path) {
  struct stat info;
  Elf64_Ehdr header;
  bitnet_status status;
  /* O_NONBLOCK: a fifo must not hang us. */
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0 || fstat(file, &info) != 0) {
    status = bn_error(BITNET_IO_ERROR, "%s: %s", path, strerror(errno));
  } else if (!S_ISREG(info.st_mode)) {
    status = bn_error(BITNET_IO_ERROR, "%s: not a regular file", path);
  } else if (pread(file, &header, sizeof(header), 0) != sizeof(header)) {
    status = bn_error(BITNET_BAD_MODEL, "%s: not a compiled model (too short)",
                      path);
  } else {
    status = check_header(path, &header, (uint64_t)info.st_size);
    if (status == BITNET_OK)
      status = check_segments(path, file, &header, (uint64_t)info.st_size);
  }
  if (file >= 0)
    close(file);
  return status;
}
