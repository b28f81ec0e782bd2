#include "client/cpp/recordings.h"

#include <algorithm>

namespace spiked::client {
namespace {

template <typename Column, typename T>
void AppendColumn(const Column& page, std::vector<T>* whole) {
  whole->insert(whole->end(), page.begin(), page.end());
}

}  // namespace

void Append(const v1::Spikes& page, Spikes* whole) {
  AppendColumn(page.times_ms(), &whole->times_ms);
  AppendColumn(page.senders(), &whole->senders);
  // The network may step, and forget, while its pages are read.
  whole->complete_after_ms = std::max(whole->complete_after_ms, page.complete_after_ms());
}

void Append(const v1::Signals& page, Signals* whole) {
  AppendColumn(page.times_ms(), &whole->times_ms);
  whole->neurons = page.neurons();
  for (const v1::Signal& signal : page.signals()) {
    AppendColumn(signal.values(), &whole->values[signal.variable()]);
  }
  whole->complete_after_ms = std::max(whole->complete_after_ms, page.complete_after_ms());
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

}  // namespace spiked::client
