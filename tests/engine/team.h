// A crew with helpers of its own.
#pragma once

#include "server/engine/crew.h"

namespace spiked::engine {

class Team {
 public:
  explicit Team(int threads) : helpers_(threads - 1), crew_(&helpers_) { crew_.Call(threads - 1); }

  operator Crew*() const { return &crew_; }
  Crew* operator->() const { return &crew_; }

 private:
  Helpers helpers_;
  mutable Crew crew_;
};

}  // namespace spiked::engine
