// What all scenarios go by.
#pragma once

#include <string>

namespace spiked::bench {

struct Settings {
  // Few repetitions and small sizes: to see that everything works, not how
  // fast it is.
  bool quick = false;
  // Path of the server; empty for that of this build.
  std::string server_binary;

  // The number that suits the run.
  int Pick(int full, int short_run) const { return quick ? short_run : full; }
};

}  // namespace spiked::bench
