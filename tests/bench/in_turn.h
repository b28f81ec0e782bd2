// Measuring several things so that their figures can be compared.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace spiked::bench {

// One measurement.
using Side = std::function<absl::StatusOr<double>()>;

// Calls `once` so many times, or until the first error; the mean time of a call
// in us.
absl::StatusOr<double> TimeEach(int count, const std::function<absl::Status()>& once);

// Measures every side once in each repetition, one after the other: what else
// the machine does, and how fast its clock runs, meets them all alike. The
// result has a list for each side with one sample for each repetition. Ends at
// the first error.
absl::StatusOr<std::vector<std::vector<double>>> InTurn(int repetitions,
                                                        const std::vector<Side>& sides);

}  // namespace spiked::bench
