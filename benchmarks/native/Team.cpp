//===- Team.cpp - pinned threads that start and end together --------------===//

#include "Team.h"

#include <sched.h>

using namespace bench;

/// Spins, but gives the CPU away when what it waits for takes so long that it
/// cannot be running.
template <typename Condition> static void waitUntil(Condition reached) {
  for (unsigned spins = 0; !reached(); ++spins)
    if (spins > 20000)
      sched_yield();
    else
#if defined(__x86_64__)
      __builtin_ia32_pause();
#else
      __asm__ volatile("yield");
#endif
}

/// The affinity mask of the process, which taskset may have narrowed.
static std::vector<int> usableCPUs() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set))
      cpus.push_back(i);
  return cpus;
}

/// Pins the calling thread.
static void pinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

Team::Team(int size) {
  std::vector<int> cpus = usableCPUs();
  for (int i = 1; i < size; ++i)
    threads.emplace_back([this, i, cpu = cpus[i % cpus.size()]] {
      pinTo(cpu);
      serve(i);
    });
  pinTo(cpus[0]);
}

/// Threads see `ending` while they wait for a job.
Team::~Team() {
  ending = true;
  for (std::thread &t : threads)
    t.join();
}

/// Every thread counts down `left`, with or without a place in the job.
void Team::serve(int thread) {
  unsigned seen = 0;
  while (true) {
    waitUntil([&] {
      return ending || started.load(std::memory_order_acquire) != seen;
    });
    if (ending)
      return;
    ++seen;
    if (thread < count)
      (*job)(thread);
    left.fetch_sub(1, std::memory_order_release);
  }
}

/// The release of `started` makes job and count visible to the threads.
void Team::run(int wanted, const Job &work) {
  if (wanted == 1)
    return work(0);
  count = wanted;
  job = &work;
  left.store(int(threads.size()), std::memory_order_relaxed);
  started.fetch_add(1, std::memory_order_release);
  work(0);
  waitUntil([&] { return left.load(std::memory_order_acquire) == 0; });
}
