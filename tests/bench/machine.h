// Where and with what the figures were measured.
#pragma once

#include <string>

namespace spiked::bench {

struct Machine {
  std::string processor;
  int cores = 0;
  std::string compiler;  // with its version and the kind of build
  std::string commit;
};

// This machine and this build. The commit is what the environment variable
// SPIKED_COMMIT says (`./dev bench` sets it): a build does not know it, since
// it is not made anew for each commit.
Machine ThisMachine();

}  // namespace spiked::bench
