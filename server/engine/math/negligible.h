// What decays for long reaches numbers below the smallest normal double, where
// some processors are a hundred times slower and rounding stops the decay before
// zero. Flags of the processor that round such numbers to zero differ from one
// kind to another and belong to a thread. The rule here is the same everywhere:
// the arithmetic is that of IEEE 754, with gradual underflow, and after every
// kTidySteps-th step of the clock what has decayed below kNegligible is taken for
// zero (in dopaminergic synapses at the first delivery from then on).
#pragma once

#include <cmath>

#include "server/engine/time.h"

namespace spiked::engine {

// 1e-271: far below any quantity, and so far above 2^-1022 that what decays with
// the usual time constants becomes zero before it becomes subnormal.
inline constexpr double kNegligible = 0x1p-900;
inline constexpr Step kTidySteps = 1024;

// NaN stays NaN.
inline double WithoutNegligible(double x) { return std::abs(x) < kNegligible ? 0.0 : x; }

}  // namespace spiked::engine
