#include "tests/bench/in_turn.h"

#include <cstddef>

#include "tests/bench/stopwatch.h"

namespace spiked::bench {

absl::StatusOr<double> TimeEach(int count, const std::function<absl::Status()>& once) {
  const Stopwatch stopwatch;
  for (int k = 0; k < count; ++k) {
    if (absl::Status status = once(); !status.ok()) return status;
  }
  return stopwatch.Microseconds() / count;
}

absl::StatusOr<std::vector<std::vector<double>>> InTurn(int repetitions,
                                                        const std::vector<Side>& sides) {
  std::vector<std::vector<double>> samples(sides.size());
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    for (size_t k = 0; k < sides.size(); ++k) {
      const auto sample = sides[k]();
      if (!sample.ok()) return sample.status();
      samples[k].push_back(*sample);
    }
  }
  return samples;
}

}  // namespace spiked::bench
