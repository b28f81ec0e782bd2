#include "client/verify/specification.h"

#include "absl/strings/str_cat.h"
#include "client/cpp/input.h"

namespace spiked::verify {

v1::Population& AddPopulation(v1::NetworkSpecification* specification, absl::string_view name,
                              absl::string_view model, uint32_t size,
                              const std::map<std::string, double>& parameters) {
  v1::Population& population = *specification->add_populations();
  population.set_name(std::string(name));
  population.set_model(std::string(model));
  population.set_size(size);
  for (const auto& [parameter, value] : parameters) {
    (*population.mutable_parameters())[parameter] = client::Number(value);
  }
  return population;
}

void RecordSpikes(v1::Population* population, size_t expected) {
  population->set_record_spikes(true);
  // Of a population that fires twice as often the oldest spikes are lost, and
  // then reported as missing.
  population->set_record_limit(static_cast<uint32_t>(2 * expected + 1000));
}

v1::Projection& AddProjection(v1::NetworkSpecification* specification, absl::string_view source,
                              absl::string_view target, double weight, double delay_ms) {
  v1::Projection& projection = *specification->add_projections();
  projection.set_name(absl::StrCat(source, "_", target));
  projection.set_source(std::string(source));
  projection.set_target(std::string(target));
  projection.mutable_rule()->mutable_one_to_one();
  *projection.mutable_weight() = client::Number(weight);
  *projection.mutable_delay_ms() = client::Number(delay_ms);
  return projection;
}

std::string InNetwork(absl::string_view part) { return absl::StrCat(kNetwork, "/", part); }

}  // namespace spiked::verify
