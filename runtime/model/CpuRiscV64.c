/*===- CpuRiscV64.c - RISC-V extensions as Linux reports them -------------===*\
|*                                                                            *|
|* Linux has two ways to ask: the word HWCAP of the auxiliary vector with a   *|
|* bit for each single letter, and, since 6.4, the system call riscv_hwprobe  *|
|* for extensions of longer names (asm/hwprobe.h).                            *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

#if defined(__riscv) && __riscv_xlen == 64

unsigned long getauxval(unsigned long type)
    __attribute__((visibility("default")));

enum { HWCAP = 16, RISCV_HWPROBE = 258, IMA_EXT_0 = 4 };

/* Extensions in LLVM's spelling, and their bits under the key IMA_EXT_0. */
static const struct {
  const char *name;
  unsigned char bit;
} known_features[] = {
    {"zba", 3},     {"zbb", 4},      {"zbs", 5},     {"zicboz", 6},
    {"zbc", 7},     {"zbkb", 8},     {"zbkc", 9},    {"zbkx", 10},
    {"zknd", 11},   {"zkne", 12},    {"zknh", 13},   {"zksed", 14},
    {"zksh", 15},   {"zvbb", 17},    {"zvbc", 18},   {"zvkb", 19},
    {"zvkg", 20},   {"zvkned", 21},  {"zvknha", 22}, {"zvknhb", 23},
    {"zvksed", 24}, {"zvksh", 25},   {"zfh", 27},    {"zfhmin", 28},
    {"zvfh", 30},   {"zvfhmin", 31}, {"zfa", 32},    {"ztso", 33},
    {"zacas", 34},  {"zicond", 35},  {"zimop", 42},  {"zcb", 44},
    {"zcmop", 47},  {"zawrs", 48},   {"zve32x", 37}, {"zve32f", 38},
    {"zve64x", 39}, {"zve64f", 40},  {"zve64d", 41},
};

/* What V 1.0 brings with it; and what the base of all Linux machines, rv64gc,
 * brings, which LLVM has names of its own for. */
static const char *const with_v[] = {"zve32x", "zve32f", "zve64x", "zve64f",
                                     "zve64d"};
static const char *const with_gc[] = {"zicsr",  "zifencei", "zmmul", "zaamo",
                                      "zalrsc", "zca",      "zcd"};

static int is_one_of(const char *const *names, int count, const char *name,
                     int size) {
  for (int i = 0; i < count; ++i)
    if (bn_same(names[i], name, size))
      return 1;
  return 0;
}

/* What all CPUs have by the system call; nothing where Linux has no such
 * call. */
static uint64_t probe_extensions(void) {
  struct {
    int64_t key;
    uint64_t value;
  } pair = {IMA_EXT_0, 0};
  register long result __asm__("a0") = (long)&pair;
  register long pairs __asm__("a1") = 1;
  register long cpu_bytes __asm__("a2") = 0; /* all CPUs */
  register long cpus __asm__("a3") = 0;
  register long flags __asm__("a4") = 0;
  register long number __asm__("a7") = RISCV_HWPROBE;
  __asm__ volatile("ecall"
                   : "+r"(result)
                   : "r"(pairs), "r"(cpu_bytes), "r"(cpus), "r"(flags),
                     "r"(number)
                   : "memory");
  return result == 0 && pair.key == IMA_EXT_0 ? pair.value : 0;
}

/* Whether registers have the bits that a name such as "zvl256b" asks for. The
 * control register vlenb holds their bytes. */
static int has_register_bits(const char *name, int size) {
  unsigned long wanted = 0, bytes;
  for (int i = 3; i < size - 1; ++i)
    wanted = wanted * 10 + (unsigned long)(name[i] - '0');
  __asm__ volatile("csrr %0, 0xc22" : "=r"(bytes));
  return bytes * 8 >= wanted;
}

/* V is version 1.0 with registers of at least 128 bits. A name that is none of
 * an extension (z..., x...) is a tuning flag; an extension that is not known
 * here is taken for missing, since running without it could end the process. */
int bn_cpu_has(const char *name, int size) {
  const int count = sizeof(known_features) / sizeof(known_features[0]);
  const int has_v = getauxval(HWCAP) >> ('v' - 'a') & 1;
  for (const char *letter = "imafdcv"; size == 1 && *letter; ++letter)
    if (*letter == *name)
      return getauxval(HWCAP) >> (*name - 'a') & 1;
  if (size > 4 && name[0] == 'z' && name[1] == 'v' && name[2] == 'l')
    return has_v && has_register_bits(name, size);
  if (has_v && is_one_of(with_v, sizeof(with_v) / sizeof(*with_v), name, size))
    return 1;
  for (int i = 0; i < count; ++i)
    if (bn_same(known_features[i].name, name, size))
      return probe_extensions() >> known_features[i].bit & 1;
  return is_one_of(with_gc, sizeof(with_gc) / sizeof(*with_gc), name, size) ||
         (*name != 'z' && *name != 'x');
}

#endif
