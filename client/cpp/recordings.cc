#include "client/cpp/recordings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cpp/error.h"
#include "client/cpp/time_text.h"

namespace spiked::client {
namespace {

template <typename Column, typename T>
void AppendColumn(const Column& page, std::vector<T>* whole) {
  whole->insert(whole->end(), page.begin(), page.end());
}

}  // namespace

absl::Status CheckComplete(absl::string_view what, double after_ms, double complete_after_ms) {
  if (complete_after_ms <= after_ms) return absl::OkStatus();
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("IncompleteRecord: ", what, " up to ", TimeText(complete_after_ms),
                                " ms were dropped; a larger record_limit (0: as much as memory "
                                "holds) keeps them, as does reading more often"),
                   "INCOMPLETE_RECORD", {{"complete_after_ms", TimeText(complete_after_ms)}});
}

absl::Status CheckComplete(const v1::StepResponse& response) {
  absl::Status status;
  for (const v1::Spikes& spikes : response.spikes()) {
    status.Update(CheckComplete(absl::StrCat("spikes of ", spikes.population()),
                                response.begin_time_ms(), spikes.complete_after_ms()));
  }
  for (const v1::Signals& signals : response.signals()) {
    status.Update(CheckComplete(absl::StrCat("samples of ", signals.multimeter()),
                                response.begin_time_ms(), signals.complete_after_ms()));
  }
  return status;
}

void Append(const v1::Spikes& page, Spikes* whole) {
  AppendColumn(page.times_ms(), &whole->times_ms);
  AppendColumn(page.senders(), &whole->senders);
  // The network may step, and forget, while its pages are read.
  whole->complete_after_ms = std::max(whole->complete_after_ms, page.complete_after_ms());
  whole->dropped = std::max(whole->dropped, page.dropped());
}

void Append(const v1::Signals& page, Signals* whole) {
  // Of a sample that comes in pieces the first tells the time.
  if (page.first_neuron() == 0) AppendColumn(page.times_ms(), &whole->times_ms);
  whole->neurons = std::max(whole->neurons, page.first_neuron() + page.neurons());
  for (const v1::Signal& signal : page.signals()) {
    AppendColumn(signal.values(), &whole->values[signal.variable()]);
  }
  whole->complete_after_ms = std::max(whole->complete_after_ms, page.complete_after_ms());
  whole->dropped = std::max(whole->dropped, page.dropped());
}

void Append(const v1::Weights& page, Weights* whole) {
  whole->rows = page.shape().rows();
  whole->columns = page.shape().columns();
  AppendColumn(page.sources(), &whole->sources);
  AppendColumn(page.targets(), &whole->targets);
  AppendColumn(page.weights(), &whole->values);
  for (const v1::SynapseVariable& variable : page.variables()) {
    AppendColumn(variable.values(), &whole->variables[variable.name()]);
  }
}

void Append(const v1::WeightRecord& page, WeightRecord* whole) {
  AppendColumn(page.times_ms(), &whole->times_ms);
  AppendColumn(page.connections(), &whole->connections);
  AppendColumn(page.sources(), &whole->sources);
  AppendColumn(page.targets(), &whole->targets);
  AppendColumn(page.weights(), &whole->weights);
  whole->complete_after_ms = std::max(whole->complete_after_ms, page.complete_after_ms());
  whole->dropped = std::max(whole->dropped, page.dropped());
}

}  // namespace spiked::client
