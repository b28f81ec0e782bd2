// Which neurons a rule connects.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/engine/math/random.h"
#include "server/engine/spec.h"

namespace spiked::engine {

struct ConnectionShape {
  uint32_t sources = 0, targets = 0;  // sizes of the populations, or of parts of them
  bool same_population = false;       // so that autapses are possible
  // Which neurons of their populations they are, and how large these are; empty: all,
  // in order.
  std::span<const uint32_t> source_neurons = {}, target_neurons = {};
  uint32_t source_size = 0, target_size = 0;

  uint32_t Source(uint32_t k) const { return source_neurons.empty() ? k : source_neurons[k]; }
  uint32_t Target(uint32_t k) const { return target_neurons.empty() ? k : target_neurons[k]; }
  uint32_t SourceSize() const { return source_neurons.empty() ? sources : source_size; }
  uint32_t TargetSize() const { return target_neurons.empty() ? targets : target_size; }
};

// Between such neurons of populations of such sizes; see NeuronsOf.
ConnectionShape ShapeOf(const ProjectionSpec& spec, uint32_t source_size, uint32_t target_size,
                        std::span<const uint32_t> source_neurons,
                        std::span<const uint32_t> target_neurons);

// Checks a rule against the sizes. Errors name fields of ConnectionRule, such
// as `fixed_indegree.indegree`.
absl::Status CheckRule(const ConnectionRule& rule, const ConnectionShape& shape);

// Number of connections; for pairwise_bernoulli the expected number.
uint64_t ExpectedConnections(const ConnectionRule& rule, const ConnectionShape& shape);

struct Connection {
  uint32_t source, target;
};

// Calls `visit` for all connections, many at a time, in order of connection, until
// it returns false; then false. They are between the first, second, ... of the
// sources and targets. Random rules draw from (key, stream) alone.
bool VisitConnections(const ConnectionRule& rule, const ConnectionShape& shape, RandomKey key,
                      uint32_t stream, absl::FunctionRef<bool(std::span<const Connection>)> visit);

// Calls `visit(source, target)` for every connection, as VisitConnections.
template <typename Visit>
void ForEachConnection(const ConnectionRule& rule, const ConnectionShape& shape, RandomKey key,
                       uint32_t stream, Visit&& visit) {
  VisitConnections(rule, shape, key, stream, [&](std::span<const Connection> connections) {
    for (const Connection& c : connections) visit(c.source, c.target);
    return true;
  });
}

// Whether the sources of connections ascend in order of connection.
bool GoesBySource(const ConnectionRule& rule);

// The neurons of a selection, in its order; none where it stands for all.
std::vector<uint32_t> NeuronsOf(const Selection& selection);
// INVALID_ARGUMENT unless a selection names some of `size` neurons, each once.
absl::Status CheckSelection(const Selection& selection, uint32_t size, absl::string_view field);

}  // namespace spiked::engine
