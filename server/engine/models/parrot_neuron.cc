#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::ParrotNeuron() {
  return {.name = "parrot_neuron",
          .kind = ModelKind::kNeuron,
          .description =
              "Repeats every spike that it receives, stamped with the time of arrival, "
              "whatever the weight; a multiplicity is kept.",
          .parameters = {parameter::Fixed(parameter::Positive(
              "tau_minus", "ms", 20, "Time constant of the neuron's trace K- for STDP."))},
          .recordables = {},
          .emission = Emission::kSpikes,
          .receives_spikes = true,
          .repeats_spikes = true};
}

}  // namespace spiked::engine
