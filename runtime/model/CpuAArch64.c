/*===- CpuAArch64.c - Arm features as Linux reports them ------------------===*\
|*                                                                            *|
|* Linux reports the features in two words of the auxiliary vector, HWCAP and *|
|* HWCAP2; the numbers below are their bits (asm/hwcap.h).                    *|
\*===----------------------------------------------------------------------===*/

#include "Internal.h"

#if defined(__aarch64__)

unsigned long getauxval(unsigned long type)
    __attribute__((visibility("default")));

enum { HWCAP = 16, HWCAP2 = 26 };

static const struct {
  const char *name;
  unsigned char word;
  unsigned char bit;
} known_features[] = {
    {"fp-armv8", HWCAP, 0},   {"neon", HWCAP, 1},     {"aes", HWCAP, 3},
    {"sha2", HWCAP, 6},       {"crc", HWCAP, 7},      {"lse", HWCAP, 8},
    {"fullfp16", HWCAP, 10},  {"rdm", HWCAP, 12},     {"jsconv", HWCAP, 13},
    {"complxnum", HWCAP, 14}, {"rcpc", HWCAP, 15},    {"sha3", HWCAP, 17},
    {"sm4", HWCAP, 19},       {"dotprod", HWCAP, 20}, {"sve", HWCAP, 22},
    {"fp16fml", HWCAP, 23},   {"sve2", HWCAP2, 1},    {"i8mm", HWCAP2, 13},
    {"bf16", HWCAP2, 14},     {"sme", HWCAP2, 23},
};

int bn_cpu_has(const char *name, int size) {
  const int count = sizeof(known_features) / sizeof(known_features[0]);
  for (int i = 0; i < count; ++i)
    if (bn_same(known_features[i].name, name, size))
      return getauxval(known_features[i].word) >> known_features[i].bit & 1;
  return 1;
}

#endif
