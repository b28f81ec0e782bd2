// Which neurons a rule connects.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "server/engine/math/random.h"
#include "server/engine/spec.h"

namespace spiked::engine {

struct ConnectionShape {
  uint32_t sources = 0, targets = 0;  // sizes of the populations
  bool same_population = false;       // so that autapses are possible
};

// Checks a rule against the sizes. Errors name fields of ConnectionRule, such
// as `fixed_indegree.indegree`.
absl::Status CheckRule(const ConnectionRule& rule, const ConnectionShape& shape);

// Number of connections; for pairwise_bernoulli the expected number.
uint64_t ExpectedConnections(const ConnectionRule& rule, const ConnectionShape& shape);

// Calls `visit(source, target)` for every connection, in order of connection.
// Random rules draw from (key, stream) alone, so that a second call visits the
// same connections again.
void ForEachConnection(const ConnectionRule& rule, const ConnectionShape& shape, RandomKey key,
                       uint32_t stream, const std::function<void(uint32_t, uint32_t)>& visit);

}  // namespace spiked::engine
