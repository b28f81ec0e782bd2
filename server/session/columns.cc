#include "server/session/columns.h"

#include <algorithm>
#include <functional>

#include "absl/strings/string_view.h"

namespace spiked::session {
namespace {

// Makes room for so many entries, and says where.
template <typename Column>
auto* Room(size_t entries, Column* column) {
  column->Resize(static_cast<int>(entries), 0);
  return column->mutable_data();
}

}  // namespace

uint64_t BytesPerSynapse(const engine::Network::ProjectionInfo& projection, uint64_t variables) {
  return kBytesPerNumber * (1 + variables) + (projection.dense ? 0 : 2 * kBytesPerIndex);
}

void FillSpikeCounts(absl::string_view address, std::span<const uint64_t> totals,
                     std::span<const uint64_t> before, v1::SpikeCounts* message) {
  message->set_population(address.data(), address.size());
  std::ranges::transform(totals, before, Room(totals.size(), message->mutable_counts()),
                         std::minus<>());
}

void FillSpikes(absl::string_view address, const engine::SpikeView& view, uint64_t first,
                uint64_t count, engine::Step after, uint64_t dropped, const engine::Grid& grid,
                v1::Spikes* message) {
  message->set_population(address.data(), address.size());
  double* time_ms = Room(count, message->mutable_times_ms());
  uint32_t* sender = Room(count, message->mutable_senders());
  view.ForEach(first, count, [&](engine::Step stamp, uint32_t index, uint64_t times) {
    time_ms = std::fill_n(time_ms, times, grid.ToMs(stamp));
    sender = std::fill_n(sender, times, index);
  });
  message->set_complete_after_ms(grid.ToMs(std::max(after, view.complete_after())));
  message->set_dropped(dropped);
}

void FillSignals(absl::string_view address, const engine::Network::MultimeterInfo& multimeter,
                 const engine::SignalView& view, engine::NeuronRange neurons, engine::Step after,
                 const engine::Grid& grid, v1::Signals* message) {
  message->set_multimeter(address.data(), address.size());
  std::ranges::transform(view.times(), Room(view.times().size(), message->mutable_times_ms()),
                         [&](engine::Step step) { return grid.ToMs(step); });
  message->set_first_neuron(neurons.first);
  message->set_neurons(neurons.count);
  for (size_t k = 0; k < multimeter.variables.size(); ++k) {
    v1::Signal* signal = message->add_signals();
    signal->set_variable(multimeter.variables[k]);
    double* value = Room(view.times().size() * neurons.count, signal->mutable_values());
    for (size_t sample = 0; sample < view.times().size(); ++sample) {
      value = std::ranges::copy(view.Sample(k, sample).subspan(neurons.first, neurons.count), value)
                  .out;
    }
  }
  message->set_complete_after_ms(grid.ToMs(std::max(after, view.complete_after())));
  // Samples are an interval apart, so their times tell how many were forgotten.
  const engine::Step from = std::max(after, multimeter.begin);
  if (view.complete_after() > from) {
    message->set_dropped(static_cast<uint64_t>(view.complete_after() / multimeter.interval -
                                               from / multimeter.interval));
  }
}

void FillWeights(absl::string_view address, const Part& projection, uint64_t first, uint64_t count,
                 std::span<const SynapseVariable> variables, v1::Weights* message) {
  const engine::SynapseView view = projection.network->Synapses(projection.handle, first, count);
  const auto& info = projection.network->projections()[projection.handle];
  message->set_projection(address.data(), address.size());
  if (info.dense) {
    message->mutable_shape()->set_rows(info.source_size);
    message->mutable_shape()->set_columns(info.target_size);
  } else {
    view.CopySources(Room(view.size(), message->mutable_sources()));
    view.CopyTargets(Room(view.size(), message->mutable_targets()));
  }
  view.CopyWeights(Room(view.size(), message->mutable_weights()));
  for (const SynapseVariable& variable : variables) {
    v1::SynapseVariable* const column = message->add_variables();
    column->set_name(variable.name.data(), variable.name.size());
    view.CopyVariable(variable.number, Room(view.size(), column->mutable_values()));
  }
}

void FillWeightRecord(absl::string_view address, const Part& projection,
                      const engine::WeightRecordView& view, uint64_t first, uint64_t count,
                      engine::Step after, uint64_t dropped, const engine::Grid& grid,
                      v1::WeightRecord* message) {
  message->set_projection(address.data(), address.size());
  std::ranges::transform(view.stamps.subspan(first, count),
                         Room(count, message->mutable_times_ms()),
                         [&](engine::Step step) { return grid.ToMs(step); });
  uint64_t* connection = Room(count, message->mutable_connections());
  uint32_t* source = Room(count, message->mutable_sources());
  uint32_t* target = Room(count, message->mutable_targets());
  double* weight = Room(count, message->mutable_weights());
  for (const engine::TransmittedWeight& entry : view.weights.subspan(first, count)) {
    const auto synapse = projection.network->Synapses(projection.handle, entry.synapse, 1);
    *connection++ = entry.synapse;
    synapse.CopySources(source++);
    synapse.CopyTargets(target++);
    *weight++ = entry.weight;
  }
  message->set_complete_after_ms(grid.ToMs(std::max(after, view.complete_after)));
  message->set_dropped(dropped);
}

void FillDelays(const Part& projection, uint64_t first, uint64_t count, const engine::Grid& grid,
                v1::Weights* message) {
  for (const engine::Step delay : projection.network->Delays(projection.handle, first, count)) {
    message->add_delays_ms(grid.ToMs(delay));
  }
}

}  // namespace spiked::session
