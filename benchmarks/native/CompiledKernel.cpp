//===- CompiledKernel.cpp - calls of generated code -----------------------===//
//
// Generated functions take memrefs by MLIR's C interface: x [m, k], packed
// weights [blocks, chunks of K, 16-row parts, 64], the sums of x [m], and y [m,
// n].
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

using namespace bench;

/// runtime/model/CpuCore.c
extern "C" int32_t bn_cpu_core(void);

/// How MLIR's C interface passes a memref.
template <int Rank> struct MemRef {
  const void *base, *aligned;
  int64_t offset = 0, sizes[Rank], strides[Rank];
};

CompiledKernel::CompiledKernel(std::string isa, const Packing &packing,
                               const std::string &path)
    : Kernel(std::move(isa), packing),
      library(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!library) {
    fprintf(stderr, "measure: error: %s\n", dlerror());
    exit(1);
  }
  // The glue of a model sets the core family in the same way.
  if (void *core = dlsym(library, "bitnet_rt_core"))
    *static_cast<int32_t *>(core) = bn_cpu_core();
}

/// A look-up takes microseconds, which small products would notice: a thread
/// remembers its last one.
void *CompiledKernel::find(int64_t n, int64_t k) const {
  static thread_local struct {
    void *library, *function;
    int64_t n, k;
  } last = {};
  if (last.library == library && last.n == n && last.k == k)
    return last.function;
  std::string name =
      "_mlir_ciface_mm_" + std::to_string(n) + "_" + std::to_string(k);
  last = {library, dlsym(library, name.c_str()), n, k};
  return last.function;
}

bool CompiledKernel::has(int64_t n, int64_t k, int64_t) const {
  return find(n, k) != nullptr;
}

void CompiledKernel::run(const Product &p) const {
  // The shapes are those that benchmarks/run has compiled the function for.
  using Function = void(const MemRef<2> *, const MemRef<4> *, const MemRef<1> *,
                        const MemRef<2> *);
  auto *function = reinterpret_cast<Function *>(find(p.w.rows, p.w.cols));
  const Packing &packing = *p.w.packing;
  int64_t chunks = packing.chunks(p.w.cols), parts = packing.rowBlock / 16;
  MemRef<2> x = {p.x->codes.data(),
                 p.x->codes.data(),
                 0,
                 {p.m, p.x->paddedCols},
                 {p.x->paddedCols, 1}};
  MemRef<4> w = {p.w.data,
                 p.w.data,
                 0,
                 {packing.blocks(p.w.rows), chunks, parts, 64},
                 {chunks * parts * 64, parts * 64, 64, 1}};
  MemRef<1> sums = {p.x->sums.data(), p.x->sums.data(), 0, {p.m}, {1}};
  MemRef<2> y = {
      p.y, p.y, 0, {p.m, packing.paddedRows(p.w.rows)}, {p.lineLength, 1}};
  function(&x, &w, &sums, &y);
}
