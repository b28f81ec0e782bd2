#include "server/session/background.h"

#include <utility>

namespace spiked::session {

Background::Background() : thread_([this] { Run(); }) {}

Background::~Background() { Stop(); }

void Background::Do(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    works_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void Background::Stop() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(works_);
  }
  Join();
}

void Background::Finish() {
  {
    std::lock_guard lock(mutex_);
    finishes_ = true;
  }
  Join();
}

void Background::Join() {
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Background::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopped_ || finishes_ || !works_.empty(); });
    if (stopped_ || works_.empty()) return;
    std::function<void()> work = std::move(works_.front());
    works_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // without the lock
    lock.lock();
  }
}

}  // namespace spiked::session
