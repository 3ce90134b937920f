/*===- Cpuid.h - what an x86 CPU says of itself ------------------*- C -*-===*/

#ifndef BITNET_RUNTIME_MODEL_CPUID_H
#define BITNET_RUNTIME_MODEL_CPUID_H

#include <stdint.h>

/* Indices into `regs` of cpuid. */
enum { EAX, EBX, ECX, EDX };

/* The four registers that the instruction cpuid gives for a leaf and a subleaf.
 * The caller checks that the CPU has the leaf. */
static inline void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4]) {
  __asm__ volatile("cpuid"
                   : "=a"(regs[EAX]), "=b"(regs[EBX]), "=c"(regs[ECX]),
                     "=d"(regs[EDX])
                   : "a"(leaf), "c"(subleaf));
}

#endif /* BITNET_RUNTIME_MODEL_CPUID_H */
