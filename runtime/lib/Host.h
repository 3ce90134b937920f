/*===- Host.h - the machine that the runtime is compiled for -----*- C -*-===*\
|*                                                                            *|
|* All that differs between architectures in the loader and the pool. A new   *|
|* one is a branch here and a name in machine_name.                           *|
\*===----------------------------------------------------------------------===*/

#ifndef BITNET_RUNTIME_LIB_HOST_H
#define BITNET_RUNTIME_LIB_HOST_H

#include <elf.h>

/* HOST_MACHINE: the e_machine of libraries that can be loaded.
 * BN_PAUSE: tells the core that this thread spins, so that its sibling gets the
 * resources. */
#if defined(__x86_64__)
enum { HOST_MACHINE = EM_X86_64 };
#define BN_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
enum { HOST_MACHINE = EM_AARCH64 };
#define BN_PAUSE() __asm__ volatile("yield")
#elif defined(__riscv) && __riscv_xlen == 64
enum { HOST_MACHINE = EM_RISCV };
/* pause of Zihintpause, which is a fence without effect for other CPUs. */
#define BN_PAUSE() __asm__ volatile(".4byte 0x0100000f")
#endif

/* The name of an ELF machine for the error line. */
static inline const char *machine_name(unsigned machine) {
  switch (machine) {
  case EM_X86_64:
    return "x86_64";
  case EM_AARCH64:
    return "aarch64";
  case EM_RISCV:
    return "riscv64";
  default:
    return "another machine";
  }
}

#endif /* BITNET_RUNTIME_LIB_HOST_H */
