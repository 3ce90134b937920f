/*===- CpuX86.c - x86 features by cpuid, and what the kernel saves --------===*/

#include "Internal.h"

#if defined(__x86_64__)
#include "Cpuid.h"

/* What the operating system must save: bits of XCR0. */
enum { NONE = 0, YMM = 0x06, ZMM = 0xe6, TILE = 0x60000, APX = 0x80000 };

/* A feature in LLVM's spelling: bit `bit` of register `reg` (EAX to EDX) of the
 * cpuid leaf, and the registers whose contents the system must save. */
typedef struct feature {
  const char *name;
  uint32_t leaf;
  uint32_t subleaf;
  unsigned char reg;
  unsigned char bit;
  uint32_t state;
} feature;

static const feature known_features[] = {
    {"sse3", 1, 0, ECX, 0, NONE},
    {"pclmul", 1, 0, ECX, 1, NONE},
    {"ssse3", 1, 0, ECX, 9, NONE},
    {"fma", 1, 0, ECX, 12, YMM},
    {"cx16", 1, 0, ECX, 13, NONE},
    {"sse4.1", 1, 0, ECX, 19, NONE},
    {"sse4.2", 1, 0, ECX, 20, NONE},
    {"movbe", 1, 0, ECX, 22, NONE},
    {"popcnt", 1, 0, ECX, 23, NONE},
    {"aes", 1, 0, ECX, 25, NONE},
    {"avx", 1, 0, ECX, 28, YMM},
    {"f16c", 1, 0, ECX, 29, YMM},
    {"rdrnd", 1, 0, ECX, 30, NONE},
    {"fsgsbase", 7, 0, EBX, 0, NONE},
    {"bmi", 7, 0, EBX, 3, NONE},
    {"avx2", 7, 0, EBX, 5, YMM},
    {"bmi2", 7, 0, EBX, 8, NONE},
    {"avx512f", 7, 0, EBX, 16, ZMM},
    {"avx512dq", 7, 0, EBX, 17, ZMM},
    {"rdseed", 7, 0, EBX, 18, NONE},
    {"adx", 7, 0, EBX, 19, NONE},
    {"avx512ifma", 7, 0, EBX, 21, ZMM},
    {"clflushopt", 7, 0, EBX, 23, NONE},
    {"clwb", 7, 0, EBX, 24, NONE},
    {"avx512cd", 7, 0, EBX, 28, ZMM},
    {"sha", 7, 0, EBX, 29, NONE},
    {"avx512bw", 7, 0, EBX, 30, ZMM},
    {"avx512vl", 7, 0, EBX, 31, ZMM},
    {"avx512vbmi", 7, 0, ECX, 1, ZMM},
    {"avx512vbmi2", 7, 0, ECX, 6, ZMM},
    {"gfni", 7, 0, ECX, 8, NONE},
    {"vaes", 7, 0, ECX, 9, YMM},
    {"vpclmulqdq", 7, 0, ECX, 10, YMM},
    {"avx512vnni", 7, 0, ECX, 11, ZMM},
    {"avx512bitalg", 7, 0, ECX, 12, ZMM},
    {"avx512vpopcntdq", 7, 0, ECX, 14, ZMM},
    {"movdiri", 7, 0, ECX, 27, NONE},
    {"movdir64b", 7, 0, ECX, 28, NONE},
    {"avx512vp2intersect", 7, 0, EDX, 8, ZMM},
    {"amx-bf16", 7, 0, EDX, 22, TILE},
    {"avx512fp16", 7, 0, EDX, 23, ZMM},
    {"amx-tile", 7, 0, EDX, 24, TILE},
    {"amx-int8", 7, 0, EDX, 25, TILE},
    {"sha512", 7, 1, EAX, 0, YMM},
    {"sm3", 7, 1, EAX, 1, YMM},
    {"sm4", 7, 1, EAX, 2, YMM},
    {"avxvnni", 7, 1, EAX, 4, YMM},
    {"avx512bf16", 7, 1, EAX, 5, ZMM},
    {"amx-fp16", 7, 1, EAX, 21, TILE},
    {"avxifma", 7, 1, EAX, 23, YMM},
    {"avxvnniint8", 7, 1, EDX, 4, YMM},
    {"avxneconvert", 7, 1, EDX, 5, YMM},
    {"amx-complex", 7, 1, EDX, 8, TILE},
    {"avxvnniint16", 7, 1, EDX, 10, YMM},
    {"avx10.1", 7, 1, EDX, 19, ZMM},
    {"egpr", 7, 1, EDX, 21, APX},
    {"avx10.2", 0x24, 0, EBX, 1, ZMM}, /* version 2 or 3 */
    {"sahf", 0x80000001u, 0, ECX, 0, NONE},
    {"lzcnt", 0x80000001u, 0, ECX, 5, NONE},
    {"sse4a", 0x80000001u, 0, ECX, 6, NONE},
    {"prfchw", 0x80000001u, 0, ECX, 8, NONE},
    {"xop", 0x80000001u, 0, ECX, 11, YMM},
    {"fma4", 0x80000001u, 0, ECX, 16, YMM},
    {"tbm", 0x80000001u, 0, ECX, 21, NONE},
};

/* XCR0: the register sets that the operating system saves at a task switch.
 * Without OSXSAVE there is no xgetbv, and nothing is saved. */
static uint32_t saved_state(void) {
  uint32_t regs[4], low, high;
  cpuid(1, 0, regs);
  if (!(regs[ECX] >> 27 & 1)) /* OSXSAVE */
    return 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/* Linux hands out the tile registers on request only. */
static int request_tiles(void) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(158L /* arch_prctl */),
                     "D"(0x1023L /* ARCH_REQ_XCOMP_PERM */),
                     "S"(18L /* XTILEDATA */)
                   : "rcx", "r11", "memory");
  return result == 0;
}

/* Whether the CPU has the feature, and the system the registers for it. Leaves
 * that the CPU does not have would give another leaf's bits, so their limit is
 * asked for first. */
static int cpu_has(const feature *f) {
  uint32_t regs[4];
  cpuid(f->leaf & 0x80000000u, 0, regs);
  if (regs[EAX] < f->leaf)
    return 0;
  if (f->subleaf) {
    cpuid(f->leaf, 0, regs);
    if (regs[EAX] < f->subleaf)
      return 0;
  }
  cpuid(f->leaf, f->subleaf, regs);
  if (!(regs[f->reg] >> f->bit & 1))
    return 0;
  if ((saved_state() & f->state) != f->state)
    return 0;
  return f->state != TILE || request_tiles();
}

/* Names that are not in the table are tuning flags and always true. */
int bn_cpu_has(const char *name, int size) {
  const int count = sizeof(known_features) / sizeof(known_features[0]);
  for (int i = 0; i < count; ++i)
    if (bn_same(known_features[i].name, name, size))
      return cpu_has(&known_features[i]);
  return 1;
}

#endif
