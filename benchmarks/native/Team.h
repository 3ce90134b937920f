//===- Team.h - pinned threads that start and end together -----*- C++ -*-===//

#ifndef BENCHMARKS_NATIVE_TEAM_H
#define BENCHMARKS_NATIVE_TEAM_H

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace bench {

/// Thread i runs on the i-th CPU that the process may use and spins between
/// jobs. The caller is thread 0.
class Team {
public:
  using Job = std::function<void(int thread)>;

  /// Starts size - 1 threads and pins them and the caller.
  explicit Team(int size);
  ~Team();
  /// Threads, the caller included.
  int size() const { return int(threads.size()) + 1; }
  /// job(0) .. job(count - 1) at once; returns when all have ended.
  void run(int count, const Job &job);

private:
  /// What a thread does: waits for a job with a place for it, runs it, says so.
  void serve(int thread);

  std::vector<std::thread> threads;
  std::atomic<unsigned> started{0};
  std::atomic<int> left{0};
  std::atomic<bool> ending{false};
  int count = 0;
  const Job *job = nullptr;
};

} // namespace bench

#endif // BENCHMARKS_NATIVE_TEAM_H
