// bitnet_testbench.h - golden vectors for the generated testbench.cpp.
#ifndef BITNET_TESTBENCH_H
#define BITNET_TESTBENCH_H

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>

namespace bitnet_testbench {

// The data of a .npy file of exactly `bytes` bytes (versions 1 to 3).
inline bool load(const char *folder, const char *file, void *data,
                 std::size_t bytes) {
  const std::string path = std::string(folder) + "/" + file;
  std::FILE *in = std::fopen(path.c_str(), "rb");
  unsigned char head[12];
  bool ok = in && std::fread(head, 1, 10, in) == 10 &&
            std::memcmp(head, "\x93NUMPY", 6) == 0;
  if (ok) {
    long start = 10 + head[8] + 256L * head[9];
    if (head[6] > 1)
      ok = std::fread(head + 10, 1, 2, in) == 2 && head[10] == 0 &&
           head[11] == 0,
      start += 2;
    ok = ok && std::fseek(in, start, SEEK_SET) == 0 &&
         std::fread(data, 1, bytes, in) == bytes && std::fgetc(in) == EOF;
  }
  if (in)
    std::fclose(in);
  if (!ok)
    std::fprintf(stderr, "error: %s: no golden vector of %zu bytes\n",
                 path.c_str(), bytes);
  return ok;
}

// How many elements differ in any bit; the first few are shown.
template <typename T>
long compare(const char *port, const T *have, const T *want,
             std::size_t count) {
  long wrong = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (std::memcmp(&have[i], &want[i], sizeof(T)) != 0 && ++wrong <= 5)
      std::fprintf(stderr, "%s[%zu]: got %.9g, expected %.9g\n", port, i,
                   (double)have[i], (double)want[i]);
  std::printf("%s: %zu values, %ld wrong\n", port, count, wrong);
  return wrong;
}

inline int finish(long wrong) {
  std::printf(wrong ? "FAIL\n" : "PASS: bit-equal to the golden vectors\n");
  return wrong ? 1 : 0;
}

} // namespace bitnet_testbench

#endif // BITNET_TESTBENCH_H
