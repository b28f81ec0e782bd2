#include "server/session/columns.h"

#include <algorithm>
#include <vector>

#include "absl/strings/string_view.h"

namespace spiked::session {
namespace {

using google::protobuf::RepeatedField;

template <typename T>
void Assign(std::span<const T> column, RepeatedField<T>* field) {
  field->Assign(column.begin(), column.end());
}

}  // namespace

uint64_t BytesPerSynapse(const engine::Network::ProjectionInfo& projection, uint64_t variables) {
  return kBytesPerNumber * (1 + variables) + (projection.dense ? 0 : 2 * kBytesPerIndex);
}

void FillSpikes(absl::string_view address, const engine::SpikeView& view, uint64_t first,
                uint64_t count, engine::Step after, uint64_t dropped, const engine::Grid& grid,
                v1::Spikes* message) {
  message->set_population(address.data(), address.size());
  message->mutable_times_ms()->Resize(static_cast<int>(count), 0);
  message->mutable_senders()->Resize(static_cast<int>(count), 0);
  double* time_ms = message->mutable_times_ms()->mutable_data();
  uint32_t* sender = message->mutable_senders()->mutable_data();
  view.ForEach(first, count, [&](engine::Step stamp, uint32_t index, uint64_t times) {
    time_ms = std::fill_n(time_ms, times, grid.ToMs(stamp));
    sender = std::fill_n(sender, times, index);
  });
  message->set_complete_after_ms(grid.ToMs(std::max(after, view.complete_after())));
  message->set_dropped(dropped);
}

void FillSignals(absl::string_view address, const engine::Network::MultimeterInfo& multimeter,
                 const engine::SignalView& view, engine::Step after, const engine::Grid& grid,
                 v1::Signals* message) {
  message->set_multimeter(address.data(), address.size());
  message->mutable_times_ms()->Resize(static_cast<int>(view.times().size()), 0);
  std::ranges::transform(view.times(), message->mutable_times_ms()->begin(),
                         [&](engine::Step step) { return grid.ToMs(step); });
  message->set_neurons(multimeter.neurons);
  for (size_t k = 0; k < multimeter.variables.size(); ++k) {
    v1::Signal* signal = message->add_signals();
    signal->set_variable(multimeter.variables[k]);
    signal->mutable_values()->Reserve(static_cast<int>(view.times().size() * multimeter.neurons));
    for (size_t sample = 0; sample < view.times().size(); ++sample) {
      const auto values = view.Sample(k, sample);
      signal->mutable_values()->Add(values.begin(), values.end());
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
