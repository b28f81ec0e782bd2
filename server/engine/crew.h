// Threads that share the work on a network while it advances.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace spiked::engine {

class Crew {
 public:
  using Work = absl::FunctionRef<void(uint32_t)>;

  // The thread that calls ForEach is one of them; the others live as long as
  // the crew.
  explicit Crew(int threads);
  ~Crew();
  Crew(const Crew&) = delete;

  // Calls work(k) once for each k < n, on any thread and in any order, and
  // returns when all is done. One call at a time. If a call of work throws, what
  // has not begun by then is left out, and one of the exceptions is thrown on.
  void ForEach(uint32_t n, Work work);

 private:
  void Help();
  void DoAll();

  // The work at hand; written before round_ goes up, and read after.
  const Work* work_ = nullptr;
  uint32_t count_ = 0;
  std::atomic<uint32_t> next_{0};   // not yet taken by anyone
  std::atomic<uint32_t> round_{0};  // goes up when there is work
  std::atomic<uint32_t> busy_{0};   // helpers that have not finished this round
  std::atomic<bool> dismissed_{false};
  std::atomic<bool> failed_{false};  // in this round
  std::exception_ptr failure_;       // the first one; read when all have finished
  std::vector<std::thread> helpers_;
};

}  // namespace spiked::engine
