// bitnet_testbench.h - golden vectors for the generated testbench.cpp.
//
// A golden vector is a .npy file of the folder golden/: an input, or the output
// that the model gives for these inputs on the CPU.
#ifndef BITNET_TESTBENCH_H
#define BITNET_TESTBENCH_H

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>

// Callers: the testbench.cpp that bitnet-compile --target=hls writes, which
// loads the inputs, calls the top once, and compares each output.
namespace bitnet_testbench {

// Reads the data of `folder`/`file`, a .npy file (versions 1 to 3) whose data
// has exactly `bytes` bytes, into `data`. The element type and the shape in the
// header are not checked: the generated testbench knows them. Prints an error
// and returns false for a file that cannot be read or has another size.
inline bool load(const char *folder, const char *file, void *data,
                 std::size_t bytes) {
  const std::string path = std::string(folder) + "/" + file;
  std::FILE *in = std::fopen(path.c_str(), "rb");
  unsigned char head[12];
  bool ok = in && std::fread(head, 1, 10, in) == 10 &&
            std::memcmp(head, "\x93NUMPY", 6) == 0;
  if (ok) {
    // The header's length: two bytes in version 1, four from version 2 on, of
    // which the upper two must be 0.
    long start = 10 + head[8] + 256L * head[9];
    if (head[6] > 1)
      ok = std::fread(head + 10, 1, 2, in) == 2 && head[10] == 0 &&
           head[11] == 0,
      start += 2;
    // Data of another size is refused, whether it is too short or too long.
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

// Compares `count` elements of a port bit by bit, so that NaN equals itself and
// -0 differs from +0. Returns how many differ; the first five are printed.
template <typename T>
long compare(const char *port, const T *have, const T *want,
             std::size_t count) {
  long wrong = 0;
  for (std::size_t i = 0; i < count; ++i)
    // Nine digits tell any two floats apart.
    if (std::memcmp(&have[i], &want[i], sizeof(T)) != 0 && ++wrong <= 5)
      std::fprintf(stderr, "%s[%zu]: got %.9g, expected %.9g\n", port, i,
                   (double)have[i], (double)want[i]);
  std::printf("%s: %zu values, %ld wrong\n", port, count, wrong);
  return wrong;
}

// Prints the verdict on `wrong` different elements in all; the exit status of
// the testbench: 0 when there are none.
inline int finish(long wrong) {
  std::printf(wrong ? "FAIL\n" : "PASS: bit-equal to the golden vectors\n");
  return wrong ? 1 : 0;
}

} // namespace bitnet_testbench

#endif // BITNET_TESTBENCH_H
