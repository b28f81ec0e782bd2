// Standard normal numbers, many at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/engine/math/random.h"

namespace spiked::engine {

// For each i < n, two independent standard normal numbers: of (key, stream,
// index first_index + i, position), by the method of Box and Muller. The same
// bits on every instruction set.
void GaussianPairs(RandomKey key, uint32_t stream, uint32_t first_index, uint64_t position,
                   size_t n, double* first, double* second);
// The same of each of the indices.
void GaussianPairs(RandomKey key, uint32_t stream, std::span<const uint32_t> indices,
                   uint64_t position, double* first, double* second);

}  // namespace spiked::engine
