#include "server/session/columns.h"

#include <algorithm>
#include <vector>

#include "absl/strings/string_view.h"

namespace spiked::session {
namespace {

using google::protobuf::RepeatedField;

void AssignTimes(std::span<const engine::Step> steps, const engine::Grid& grid,
                 RepeatedField<double>* times_ms) {
  times_ms->Resize(static_cast<int>(steps.size()), 0);
  std::transform(steps.begin(), steps.end(), times_ms->begin(),
                 [&](engine::Step step) { return grid.ToMs(step); });
}

template <typename T>
void Assign(std::span<const T> column, RepeatedField<T>* field) {
  field->Assign(column.begin(), column.end());
}

}  // namespace

uint64_t BytesPerSynapse(const engine::Network::ProjectionInfo& projection, uint64_t variables) {
  return kBytesPerNumber * (1 + variables) + (projection.dense ? 0 : 2 * kBytesPerIndex);
}

void FillSpikes(absl::string_view address, const engine::SpikeView& view, size_t first,
                size_t count, engine::Step after, const engine::Grid& grid, v1::Spikes* message) {
  message->set_population(address.data(), address.size());
  AssignTimes(std::span(view.stamps).subspan(first, count), grid, message->mutable_times_ms());
  Assign(std::span(view.senders).subspan(first, count), message->mutable_senders());
  message->set_complete_after_ms(grid.ToMs(std::max(after, view.complete_after)));
}

void FillSignals(absl::string_view address, const engine::Network::MultimeterInfo& multimeter,
                 const engine::SignalView& view, engine::Step after, const engine::Grid& grid,
                 v1::Signals* message) {
  message->set_multimeter(address.data(), address.size());
  AssignTimes(view.times, grid, message->mutable_times_ms());
  message->set_neurons(multimeter.neurons);
  for (size_t k = 0; k < multimeter.variables.size(); ++k) {
    v1::Signal* signal = message->add_signals();
    signal->set_variable(multimeter.variables[k]);
    Assign(std::span(view.values[k]), signal->mutable_values());
  }
  message->set_complete_after_ms(grid.ToMs(std::max(after, view.complete_after)));
}

absl::Status FillWeights(absl::string_view address, const Part& projection, uint64_t first,
                         uint64_t count, std::span<const std::string> variables,
                         v1::Weights* message) {
  const auto view = projection.network->Synapses(projection.handle, first, count, variables);
  if (!view.ok()) return view.status();
  const auto& info = projection.network->projections()[projection.handle];
  message->set_projection(address.data(), address.size());
  if (info.dense) {
    message->mutable_shape()->set_rows(info.source_size);
    message->mutable_shape()->set_columns(info.target_size);
  } else {
    Assign(std::span(view->sources), message->mutable_sources());
    Assign(std::span(view->targets), message->mutable_targets());
  }
  Assign(std::span(view->weights), message->mutable_weights());
  for (size_t k = 0; k < variables.size(); ++k) {
    v1::SynapseVariable* variable = message->add_variables();
    variable->set_name(variables[k]);
    Assign(std::span(view->variables[k]), variable->mutable_values());
  }
  return absl::OkStatus();
}

}  // namespace spiked::session
