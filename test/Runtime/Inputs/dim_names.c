/* Says of each argument whether it binds. */
#include "bitnet/runtime/abi.h"

#include <stdio.h>

int main(int argc, char **argv) {
  int i;
  for (i = 1; i < argc; ++i)
    puts(bitnet_dim_name_binds(argv[i]) ? "binds" : "open");
  return 0;
}
