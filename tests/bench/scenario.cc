#include "tests/bench/scenario.h"

#include <algorithm>

namespace spiked::bench {
namespace {

constexpr Scenario kScenarios[] = {
    {"engine", "time per poll of each player in process, and where it goes", RunEngine},
    {"stepping", "polls per second of one client, beside empty requests", RunStepping},
    {"many", "up to 1,000 sessions at once: rates, latencies, fairness", RunMany},
    {"idle", "latency of the first call after a silence", RunIdle},
    {"memory", "bytes of an idle session, and of each of 10,000", RunMemory},
    {"large", "balanced networks of up to 100,000 neurons, and a plastic one", RunLarge},
    {"growth", "whether cost grows with a session's age, and with size", RunGrowth},
    {"durability", "what surviving costs, and how sessions come back; only if named", RunDurability,
     /*on_request=*/true},
    {"state", "size of saved simulations, and time to save them; only if named", RunState,
     /*on_request=*/true},
    {"microcircuit", "0.3 billion synapses of cortex; only if named", RunMicrocircuit,
     /*on_request=*/true},
};

}  // namespace

absl::Span<const Scenario> AllScenarios() { return kScenarios; }

const Scenario* FindScenario(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kScenarios), std::end(kScenarios),
                                         [&](const Scenario& s) { return s.name == name; });
  return found == std::end(kScenarios) ? nullptr : found;
}

}  // namespace spiked::bench
