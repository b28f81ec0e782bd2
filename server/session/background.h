// A thread for what need not be done at once.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace spiked::session {

// Thread-safe. Does one thing after another.
class Background {
 public:
  Background();
  ~Background();

  void Do(std::function<void()> work);
  // Returns when what is being done is done, and lets go of the rest.
  void Stop();
  // Returns when all is done. Nothing may be added any more.
  void Finish();

 private:
  void Run();
  // Until it has run.
  void Join();

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false, finishes_ = false;
  std::deque<std::function<void()>> works_;
  std::thread thread_;
};

}  // namespace spiked::session
