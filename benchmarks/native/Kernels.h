//===- Kernels.h - products to be measured ---------------------*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_KERNELS_H
#define BENCHMARKS_NATIVE_KERNELS_H

#include "Layout.h"

#include <string>

namespace bench {

/// Y[m, n] = sum over k of W[n, k] * X[m, k], for all rows of `w` and the first
/// `m` rows of `x`.
struct Product {
  Matrix w;
  const Activations *x;
  /// Rows of x that are used; the kernel's M.
  int64_t m;
  int32_t *y;
  /// Elements between rows of y: rows of W with padding. Y[m, n] is y[m *
  /// lineLength + n].
  int64_t lineLength;
};

/// One code form with one packing: generated code, or the form in C++.
class Kernel {
public:
  Kernel(std::string isa, const Packing &packing)
      : isa(std::move(isa)), packing(&packing) {}
  virtual ~Kernel() = default;
  /// Whether products of this shape can be computed.
  virtual bool has(int64_t n, int64_t k, int64_t m) const = 0;
  /// Computes `p` on the calling thread; has() is true of its shape.
  virtual void run(const Product &p) const = 0;

  const std::string isa;
  const Packing *packing;
};

/// Code of the compiler, in a library that exports one function
/// `_mlir_ciface_mm_<n>_<k>` per shape.
class CompiledKernel : public Kernel {
public:
  /// Ends the program when the library does not load.
  CompiledKernel(std::string isa, const Packing &packing,
                 const std::string &path);
  bool has(int64_t n, int64_t k, int64_t m) const override;
  void run(const Product &p) const override;

private:
  void *find(int64_t n, int64_t k) const;

  void *library;
};

/// The loops of docs/Kernels.md by hand with intrinsics, as far as this CPU can
/// run them, to compare generated code with. U1.6 for M = 1 only.
const std::vector<const Kernel *> &intrinsicKernels();

} // namespace bench

#endif // BENCHMARKS_NATIVE_KERNELS_H
