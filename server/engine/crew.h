// Threads that share the work on a network.
//
// They are made once, for as long as a server lives, and lent: a crew is whoever
// calls, and those of the helpers that it has called and that were free.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace spiked::engine {

class Crew;

// Threads that wait to be called. Thread-safe.
class Helpers {
 public:
  // Makes so many threads, or as many as there can be.
  explicit Helpers(int threads);
  // No crew may have any.
  ~Helpers();
  Helpers(const Helpers&) = delete;

  int threads() const { return static_cast<int>(threads_.size()); }

 private:
  friend class Crew;
  void Serve();

  std::mutex mutex_;
  std::condition_variable wanted_or_stopping_, left_;
  std::deque<Crew*> wanted_;  // once for each helper that was called and has not come
  int idle_ = 0;              // and not called
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

class Crew {
 public:
  using Work = absl::FunctionRef<void(uint32_t)>;

  // The calling thread alone, until it calls others.
  explicit Crew(Helpers* helpers) : helpers_(helpers) {}
  ~Crew() { Dismiss(); }
  Crew(const Crew&) = delete;

  // Calls up to so many more helpers, as far as they are free.
  void Call(int most);
  // Lets all helpers go.
  void Dismiss();
  int size() const { return 1 + called_; }

  // Calls work(k) once for each k < n, on any thread and in any order, and
  // returns when all is done; does not wait for helpers that are late. One call
  // at a time. What is thrown on any of them is thrown here, and leaves some of
  // the work undone.
  void ForEach(uint32_t n, Work work);

 private:
  friend class Helpers;
  // Added to the number of those who are at work when there is none to begin.
  static constexpr uint32_t kClosed = 1U << 31;

  void Help();
  void DoAll();

  Helpers* const helpers_;
  int called_ = 0;  // helpers
  int come_ = 0;    // those of them who are here; with the helpers' mutex held
  // The work at hand; written while closed.
  const Work* work_ = nullptr;
  uint32_t count_ = 0;
  std::atomic<uint32_t> next_{0};           // not yet taken by anyone
  std::atomic<uint32_t> round_{0};          // goes up when there is work
  std::atomic<uint32_t> at_work_{kClosed};  // helpers
  std::atomic<bool> dismissed_{false};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;  // of whoever failed first
};

}  // namespace spiked::engine
