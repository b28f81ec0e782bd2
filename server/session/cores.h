// The cores of the machine, at which accounts take turns.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/engine/crew.h"
#include "server/session/durations.h"

namespace spiked::session {

using Clock = std::chrono::steady_clock;

// At most `workers` threads compute at a time. Of the accounts that wait the one
// that has computed least, for its weight, comes next: so nobody gets more by asking more often,
// and who asks seldom is served when the next slice ends. Thread-safe.
class Cores {
 public:
  // After so much computing a work gives way to others, if there are any.
  static constexpr std::chrono::milliseconds kSlice{2};
  // A work that waits in the middle of what cannot be left and resumed keeps its
  // thread. There are so many seats for such works, and so many for an account.
  static constexpr int kSeats = 16, kSeatsOfAnAccount = 2;

  class Account;
  class Turn;

  // Something to compute, slice by slice.
  class Work {
   public:
    virtual ~Work() = default;
    // Goes on for about a slice. Whether there is more to do; if there is not,
    // the cores do not touch the work any more, and it may be submitted again.
    virtual bool Continue(Turn& turn) = 0;
    // Whose turn it takes, and whether it needs a seat, when it goes on next.
    virtual Account* account() const = 0;
    virtual bool needs_seat() const = 0;
  };

  // Whoever shares the cores with others.
  class Account {
    friend class Cores;
    struct Parked {
      std::condition_variable wake;
      bool granted = false;
    };

    double weight_ = 1;
    // Computing time, by the weight; after a rest no less than that of those who come
    // next.
    Clock::duration computed_{0};
    int held_ = 0, seats_ = 0;
    // What waits, in order of arrival: what can go on at any time, and works that
    // need a seat first.
    struct Waiting {
      uint64_t order;
      Work* work;      // or
      Parked* parked;  // one that has its seat
    };
    std::deque<Waiting> waiting_, seatless_;
  };

  // What a work holds while it goes on.
  class Turn {
   public:
    // Whether the slice is over, and somebody else waits for the core or for the
    // thread. Cheap.
    bool Over() const {
      return (borrowed_ || cores_.contested_.load(std::memory_order_relaxed)) &&
             Clock::now() - begin_ >= kSlice;
    }
    // Lets others go first if the slice is over, and returns when the work's turn
    // has come again. Does nothing without a seat.
    void GiveWay();
    // Has another account pay for so much of what has been computed.
    void Bill(Account* account, Clock::duration computed);
    bool seated() const { return seated_; }
    // Takes cores that nobody wants, until there are so many at most beside its
    // own, until the slice ends or it gives way. The crew of all of them.
    engine::Crew* TakeIdle(int most);

   private:
    friend class Cores;
    Turn(Cores* cores, Account* account, bool seated, bool borrowed)
        : cores_(*cores),
          account_(*account),
          seated_(seated),
          borrowed_(borrowed),
          begin_(Clock::now()),
          crew_(&cores->helpers_) {}

    Cores& cores_;
    Account& account_;
    const bool seated_;
    const bool borrowed_;  // the thread of whoever has submitted the work
    Clock::time_point begin_;
    int idle_ = 0;
    engine::Crew crew_;  // as large as cores are held, where there are the threads
  };

  // At least one worker. Throws std::system_error if there can be no thread.
  explicit Cores(int workers);
  ~Cores();
  Cores(const Cores&) = delete;
  // Returns when no thread touches a work any more. Nothing may be left to compute.
  void Stop();

  // The account of that name; it lives as long as the cores do.
  Account* FindAccount(absl::string_view name);
  // Gives it so many times the turns of others.
  void SetWeight(Account* account, double weight);

  // Computes a work until it has no more to do: the first slice on the calling
  // thread if a core is free, no seat is needed and that thread does not compute
  // already, the rest on threads of the cores. Returns after the first slice at the
  // latest.
  void Submit(Work* work);

  // For those who look after the server: how many cores there are, how many of them are
  // held, and how many works wait for one; how long one is held at a time.
  struct Load {
    int workers, held;
    size_t waiting;
  };
  Load load() const;
  const Durations& slices() const { return slices_; }

 private:
  // A work whose turn has come.
  struct Ready {
    Work* work;
    Account* account;
    bool seated;
    bool borrowed = false;
  };

  // All but Serve with the mutex held.
  bool HasSeat(const Account& account) const {
    return seats_ < kSeats && account.seats_ < kSeatsOfAnAccount;
  }
  Account* Next() const;
  void Enqueue(Work* work);
  void Wait(Account* account, Work* work, Account::Parked* parked);
  // Takes what comes next from that account; no work if a parked one goes on.
  Ready Take(Account* account);
  // Hands free cores out.
  void Dispatch();
  // One slice, without the mutex; whether there is more to do.
  bool RunSlice(const Ready& ready, std::unique_lock<std::mutex>& lock);
  void Charge(Turn& turn);
  void Free(Account& account);
  void Update();
  void Serve();

  const int workers_;
  mutable std::mutex mutex_;
  std::condition_variable ready_or_stopping_;
  bool stopping_ = false;
  int held_ = 0, seats_ = 0;
  uint64_t arrivals_ = 0;
  std::atomic<bool> contested_{false};  // whether Next() is somebody
  Clock::duration least_{0};            // what the last one taken had computed
  absl::node_hash_map<std::string, Account> accounts_;
  std::vector<Account*> waiting_;  // who has something that waits
  std::deque<Ready> ready_;        // they hold their cores already
  Durations slices_;
  engine::Helpers helpers_;  // one for each worker but the first
  std::vector<std::thread> threads_;
};

}  // namespace spiked::session
