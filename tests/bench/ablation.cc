#include "tests/bench/ablation.h"

#include <vector>

namespace spiked::bench {

engine::NetworkSpec WithoutPlasticity(engine::NetworkSpec spec) {
  for (engine::ProjectionSpec& projection : spec.projections) {
    projection.synapse_model = "static_synapse";
    projection.parameters.clear();
    projection.volume_transmitter.clear();
  }
  return spec;
}

engine::NetworkSpec WithoutBackground(engine::NetworkSpec spec) {
  std::erase_if(spec.populations, [](const auto& p) { return p.name == "background"; });
  std::erase_if(spec.projections, [](const auto& p) { return p.source == "background"; });
  return spec;
}

}  // namespace spiked::bench
