#include "server/engine/models/models.h"

namespace spiked::engine {

ModelInfo models::VolumeTransmitter() {
  using namespace parameter;
  return {.name = "volume_transmitter",
          .kind = ModelKind::kVolumeTransmitter,
          .description =
              "Gathers the spikes of dopamine neurons for the stdp_dopamine_synapses "
              "that name it (Potjans, Morrison and Diesmann 2010).",
          .parameters = {Fixed(OneForAll(Whole(
              Between(1, 1e6, "deliver_interval", "", 1,
                      "Slices of the smallest delay from one update of the synapses to the next; "
                      "whole."))))},
          .recordables = {},
          .receives_spikes = true};
}

}  // namespace spiked::engine
