// Numbers for parameters, weights and delays from what the user described.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/math/random.h"
#include "server/engine/spec.h"

namespace spiked::engine {

// Checks that a value is well formed: finite, with a list of `size` entries, a
// distribution that can be drawn from. `allow_infinity` lets numbers be
// infinite. `field` names it in errors.
absl::Status CheckValue(const Value& value, uint64_t size, absl::string_view field,
                        bool allow_infinity = false);

// Gives entry k of a value, drawn or not. A draw depends on (key, stream, k)
// alone.
class Sampler {
 public:
  Sampler(const Value& value, RandomKey key, uint32_t stream)
      : value_(value), key_(key), stream_(stream) {}

  // OUT_OF_RANGE if the distribution's bounds leave no chance of a draw.
  absl::StatusOr<double> operator()(uint32_t index) const;
  // The same of many entries: values[i] is entry indices[i].
  absl::Status Fill(std::span<const uint32_t> indices, std::span<double> values) const;

 private:
  // The first acceptable draw of an entry from number `attempt` on.
  absl::StatusOr<double> Draw(const Distribution& distribution, uint32_t index,
                              uint32_t attempt) const;

  const Value& value_;
  RandomKey key_;
  uint32_t stream_;
};

}  // namespace spiked::engine
