// What is to be done later, by the clock.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "server/session/cores.h"

namespace spiked::session {

// One thread that calls functions when their time has come, one after another, so they
// should be short. Thread-safe.
class Alarms {
 public:
  Alarms();
  ~Alarms() { Stop(); }
  Alarms(const Alarms&) = delete;

  void At(Clock::time_point when, std::function<void()> call);
  // What has not been called yet is not called any more, and what is being called is over.
  void Stop();

 private:
  void Serve();

  std::mutex mutex_;
  std::condition_variable sooner_;  // or stopping
  bool stopping_ = false;
  std::multimap<Clock::time_point, std::function<void()>> calls_;
  std::thread thread_;
};

}  // namespace spiked::session
