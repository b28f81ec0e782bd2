// What decays for long reaches numbers below the smallest normal double, where
// some processors are a hundred times slower and rounding stops the decay before
// zero. Flags of the processor that round such numbers to zero differ from one
// kind to another and belong to a thread. The rule here is the same everywhere:
// the arithmetic is that of IEEE 754, with gradual underflow, and at certain
// times what has decayed below kNegligible is taken for zero: with neurons every
// kTidySteps-th step of the clock, with synapses at a delivery of dopamine.
#pragma once

#include <cmath>

#include "server/engine/time.h"

namespace spiked::engine {

// 1e-289: far below any quantity, far enough above 2^-1022 for products with a
// model's constants to be normal.
inline constexpr double kNegligible = 0x1p-960;
inline constexpr Step kTidySteps = 64;

// NaN stays NaN.
inline double WithoutNegligible(double x) { return std::abs(x) < kNegligible ? 0.0 : x; }

}  // namespace spiked::engine
