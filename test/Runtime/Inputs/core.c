/* Prints the family of the core that it runs on (bitnet_core of abi.h). */
#include <stdio.h>

#include "bitnet/runtime/abi.h"

bitnet_core bn_cpu_core(void);

int main(void) {
  printf("core %d\n", bn_cpu_core());
  return 0;
}
