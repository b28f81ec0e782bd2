// Which neurons a rule connects.
#pragma once

#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
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

struct Connection {
  uint32_t source, target;
};

// Calls `visit` for all connections, many at a time, in order of connection.
// Random rules draw from (key, stream) alone.
void VisitConnections(const ConnectionRule& rule, const ConnectionShape& shape, RandomKey key,
                      uint32_t stream, absl::FunctionRef<void(std::span<const Connection>)> visit);

// Calls `visit(source, target)` for every connection, as VisitConnections.
template <typename Visit>
void ForEachConnection(const ConnectionRule& rule, const ConnectionShape& shape, RandomKey key,
                       uint32_t stream, Visit&& visit) {
  VisitConnections(rule, shape, key, stream, [&](std::span<const Connection> connections) {
    for (const Connection& c : connections) visit(c.source, c.target);
  });
}

// Whether the sources of connections ascend in order of connection.
bool GoesBySource(const ConnectionRule& rule);

}  // namespace spiked::engine
