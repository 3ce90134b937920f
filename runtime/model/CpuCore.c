/*===- CpuCore.c - the family of the core ---------------------------------===*\
|*                                                                            *|
|* What decides between loops of one instruction set (docs/Kernels.md). The   *|
|* benchmarks compile this file, too.                                         *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

#if defined(__x86_64__)
#include "Cpuid.h"

/* Whether the vendor is "AuthenticAMD", the registers in the order EBX, EDX,
 * ECX. */
static int is_amd(void) {
  uint32_t regs[4];
  cpuid(0, 0, regs);
  return regs[EBX] == 0x68747541u && regs[EDX] == 0x69746e65u &&
         regs[ECX] == 0x444d4163u; /* "Auth" "enti" "cAMD" */
}

bitnet_core bn_cpu_core(void) {
  uint32_t regs[4];
  if (!is_amd())
    return BITNET_CORE_OTHER;
  cpuid(1, 0, regs);
  const uint32_t family = (regs[EAX] >> 8 & 0xf) + (regs[EAX] >> 20 & 0xff);
  if (family == 0x17 || family == 0x19)
    return BITNET_CORE_ZEN;
  return family == 0x1a ? BITNET_CORE_ZEN5 : BITNET_CORE_OTHER;
}

#else

bitnet_core bn_cpu_core(void) { return BITNET_CORE_OTHER; }

#endif
