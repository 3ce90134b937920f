//===- Session.h - a loaded model with its threads --------------*- C++ -*-===//
//
// The only part of bitnet-run that calls the runtime library.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_SESSION_H
#define BITNET_TOOLS_BITNET_RUN_SESSION_H

#include "Array.h"
#include "GuardedMemory.h"
#include "Profile.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

namespace bitnet::run {

/// Latencies of repeated runs, in milliseconds, sorted. `percentile(0.99)`: 99
/// % of the runs took at most so long.
struct Timings {
  std::vector<double> milliseconds;
  double percentile(double p) const;
};

/// Appends a probed value under a name that no other has. "fc1", then "fc1#2"
/// for a layer that runs twice.
void addCodes(std::vector<Array> &codes, llvm::StringRef name,
              const bitnet_tensor &value);

/// Runs one model on one pool of threads, in one session: states go on from run
/// to run. All runs take inputs in the model's order, as bindArrays gives them,
/// and fail with the runtime's error line. Inputs that the model updates in
/// place change.
class Session {
public:
  /// Makes the pool and loads the model at `path`, with the exit code that fits
  /// what went wrong.
  static llvm::Expected<Session> load(llvm::StringRef path,
                                      const bitnet_pool_options &threads);

  /// Reads all weights; an error when they are not what the compiler wrote.
  llvm::Error verify() const;

  const bitnet_model_desc &description() const;
  const bitnet_model *getModel() const { return model.get(); }
  int threads() const { return bitnet_pool_threads(pool.get()); }

  /// Runs once. With `codes`, every probed value is appended to it under a
  /// unique name.
  llvm::Expected<std::vector<Array>> run(std::vector<Array> &inputs,
                                         std::vector<Array> *codes = nullptr);
  /// The same in two runs: all tensors end, then all begin, at an inaccessible
  /// page. An access outside ends the process by a signal; a difference
  /// between the runs, in any bit, is an error. Both begin with states of
  /// zeros, and leave the inputs as they were.
  llvm::Expected<std::vector<Array>>
  runGuarded(std::vector<Array> &inputs, std::vector<Array> *codes = nullptr);
  /// Warms up, then times `count` runs.
  llvm::Expected<Timings> bench(std::vector<Array> &inputs, unsigned count);

  /// Warms up, then profiles `count` runs.
  llvm::Expected<Profile> profile(std::vector<Array> &inputs, unsigned count);

  /// Prints inputs, outputs, target and weights.
  void print(llvm::raw_ostream &os) const;
  /// Prints what runs so far took of the system.
  void printMemory(llvm::raw_ostream &os) const;

private:
  struct Free {
    void operator()(bitnet_model *model) const { bitnet_model_free(model); }
    void operator()(bitnet_pool *pool) const { bitnet_pool_free(pool); }
  };
  /// For sessions, which the model frees.
  struct End {
    const bitnet_model *model;
    void operator()(bitnet_session *session) const {
      bitnet_session_free(model, session);
    }
  };
  /// The pool and the session, and nothing else.
  bitnet_run_options getOptions() const;
  /// One guarded run.
  llvm::Expected<std::vector<Array>> runAtEdge(std::vector<Array> &inputs,
                                               std::vector<Array> *codes,
                                               GuardedEdge edge);
  /// Runs a few times, and small models until clocks and caches have settled.
  llvm::Error warmUp(llvm::ArrayRef<bitnet_tensor> inputs,
                     std::vector<bitnet_tensor> &outputs, unsigned count);
  /// One run into `outputs`, whose data is NULL at first; later runs reuse it.
  llvm::Error invoke(llvm::ArrayRef<bitnet_tensor> inputs,
                     std::vector<bitnet_tensor> &outputs,
                     const bitnet_run_options &options);

  std::unique_ptr<bitnet_model, Free> model;
  std::unique_ptr<bitnet_pool, Free> pool;
  /// It comes last, so that it ends before the model does.
  std::unique_ptr<bitnet_session, End> session{nullptr, End{nullptr}};
};

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_SESSION_H
