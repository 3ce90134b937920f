//===- HostRuntime.cpp - what code calls in the compiler ------------------===//

#include "HostRuntime.h"

#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

HostContext::Block HostContext::allocate(uint64_t bytes) {
  // A product of sizes that overflowed is no size.
  if (bytes > uint64_t(1) << 46)
    return nullptr;
  uint64_t size = llvm::alignTo(std::max<uint64_t>(bytes, 1), 64);
  return Block(std::aligned_alloc(64, size));
}

void HostContext::fail(llvm::StringRef message) {
  if (base.status == BITNET_OK)
    error = message.str();
  base.status = BITNET_INVALID_ARGUMENT;
}

void *HostContext::getRoom(uint32_t output, uint64_t bytes) {
  Output &into = outputs[output];
  if (bytes > into.limit) {
    fail("a result is too large");
    return nullptr;
  }
  if (into.bytes.size() < bytes)
    into.bytes.resize(bytes);
  return into.bytes.data();
}

static HostContext &get(bitnet_context *context) {
  return *reinterpret_cast<HostContext *>(context);
}

//===----------------------------------------------------------------------===//
// Working memory of tasks
//===----------------------------------------------------------------------===//

/// Of the run on this thread: code does not pass a context here.
static thread_local llvm::ArrayRef<HostContext::Block> scratch;

HostScratch::HostScratch(llvm::ArrayRef<int64_t> sizes) {
  for (int64_t size : sizes)
    blocks.push_back(HostContext::allocate(uint64_t(size)));
  scratch = blocks;
}

HostScratch::~HostScratch() { scratch = {}; }

static void *takeScratch(int32_t level) { return scratch[level].get(); }

static void giveScratch(int32_t, void *) {}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

static void *allocate(bitnet_context *context, uint64_t bytes) {
  HostContext::Block block = HostContext::allocate(bytes);
  void *data = block.get();
  if (!data) {
    get(context).fail("out of memory");
    return nullptr;
  }
  get(context).blocks[data] = std::move(block);
  return data;
}

static void release(bitnet_context *context, void *block) {
  get(context).blocks.erase(block);
}

static void *takeSlot(bitnet_context *context, int64_t index, uint64_t bytes) {
  HostContext::Block &slot = get(context).slots[index];
  slot = HostContext::allocate(bytes);
  if (!slot)
    get(context).fail("out of memory");
  return slot.get();
}

static void releaseSlot(bitnet_context *context, void *data) {
  for (auto &[index, slot] : get(context).slots)
    if (slot.get() == data)
      return slot.reset();
}

static void *takeResult(bitnet_context *context, uint32_t output, int64_t slot,
                        uint64_t bytes) {
  return bytes == 0 ? takeSlot(context, slot, bytes)
                    : get(context).getRoom(output, bytes);
}

static void finishOutput(bitnet_context *context, uint32_t index, int32_t rank,
                         const int64_t *dims, const void *data) {
  HostContext &run = get(context);
  HostContext::Output &output = run.outputs[index];
  if (run.base.status != BITNET_OK)
    return;
  output.shape.assign(dims, dims + rank);
  uint64_t bytes = output.elementSize;
  for (int64_t dim : output.shape)
    bytes *= uint64_t(dim);
  void *room = run.getRoom(index, bytes);
  if (!room)
    return;
  if (bytes != 0 && room != data)
    std::memcpy(room, data, bytes);
  output.bytes.resize(bytes);
}

//===----------------------------------------------------------------------===//
// The rest
//===----------------------------------------------------------------------===//

static void fail(bitnet_context *context, const char *message) {
  get(context).fail(message);
}

static void runTask(bitnet_context *, bitnet_task task, void *of, int64_t n) {
  if (n > 0)
    task(of, 0, n);
}

static void ignoreProbe(bitnet_context *, const char *, int32_t, int32_t,
                        const int64_t *, void *) {}

static void ignoreMark(bitnet_context *, int32_t) {}

static void ignoreWork(bitnet_context *, int64_t) {}

/// One class of machines, no family of the core.
static int32_t first = 0;

llvm::ArrayRef<HostSymbol> bitnet::getHostSymbols() {
  auto at = [](auto *function) { return reinterpret_cast<void *>(function); };
  static const HostSymbol symbols[] = {
      {"bitnet_rt_alloc", at(&allocate)},
      {"bitnet_rt_free", at(&release)},
      {"bitnet_rt_slot", at(&takeSlot)},
      {"bitnet_rt_release", at(&releaseSlot)},
      {"bitnet_rt_result", at(&takeResult)},
      {"bitnet_rt_output", at(&finishOutput)},
      {"bitnet_rt_fail", at(&fail)},
      {"bitnet_rt_parallel", at(&runTask)},
      {"bitnet_rt_probe", at(&ignoreProbe)},
      {"bitnet_rt_mark", at(&ignoreMark)},
      {"bitnet_rt_work", at(&ignoreWork)},
      {"bitnet_scratch_take", at(&takeScratch)},
      {"bitnet_scratch_give", at(&giveScratch)},
      {"bitnet_rt_isa", &first},
      {"bitnet_rt_core", &first},
  };
  return symbols;
}
