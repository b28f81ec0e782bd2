// What a command that runs asks of whoever runs it.
#pragma once

#include "server/engine/time.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

class Stop {
 public:
  virtual ~Stop() = default;

  // Why the command is to end, if it is.
  virtual v1::HaltReason reason() = 0;
  // Whether it is to be left for now, and resumed later.
  virtual bool pause() = 0;
  // How many of the steps that are left to take until it asks again, and with
  // how many threads.
  struct Slice {
    engine::Step steps;
    int threads;
  };
  virtual Slice Begin(engine::Step left, int useful_threads) = 0;
  virtual void End(engine::Step steps, engine::Step now) = 0;
};

}  // namespace spiked::session
