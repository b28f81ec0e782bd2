#include "server/engine/simulation.h"

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace spiked::engine {
namespace {

// What decays for long ends up below the smallest normal double, where some
// processors are a hundred times slower and nothing can be told from zero any
// more. While the engine computes, such numbers count as zero.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
};

}  // namespace

Simulation::Simulation(double resolution_ms, uint64_t seed) : grid_(resolution_ms), seed_(seed) {}
Simulation::~Simulation() = default;

absl::StatusOr<Network*> Simulation::AddNetwork(absl::string_view name, const NetworkSpec& spec) {
  if (FindNetwork(name) != nullptr) {
    return FieldError(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "network",
                      absl::StrCat("there is a network '", name, "' already"));
  }
  auto network =
      Network::Build(std::string(name), spec,
                     {.grid = grid_, .seed = seed_, .index = networks_.size(), .begin = now_});
  if (!network.ok()) return network.status();
  return networks_.emplace_back(*std::move(network)).get();
}

Network* Simulation::FindNetwork(absl::string_view name) {
  for (const auto& network : networks_) {
    if (network->name() == name) return network.get();
  }
  return nullptr;
}

const Network* Simulation::FindNetwork(absl::string_view name) const {
  return const_cast<Simulation*>(this)->FindNetwork(name);
}

void Simulation::Advance(Step steps) {
  const FlushDenormals flush;
  now_ += steps;
  for (const auto& network : networks_) network->AdvanceTo(now_);
}

}  // namespace spiked::engine
