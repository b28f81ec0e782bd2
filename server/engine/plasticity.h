// What a plastic projection does with its weights when spikes come by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "server/engine/post_history.h"
#include "server/engine/synapses.h"
#include "server/engine/time.h"

namespace spiked::engine {

// Parameters of a projection by name, defaults filled in.
using Numbers = std::map<std::string, double>;

// What a rule works on; all outlive the rule.
struct PlasticContext {
  Grid grid{0.1};
  Step begin = 0;  // of the network
  Synapses* synapses = nullptr;
  PostHistory* history = nullptr;     // of the target population
  const Step* slice_begin = nullptr;  // of the network's current slice
};

// A rule that touches weights whenever a source neuron's spike is handed out.
class PlasticityRule {
 public:
  virtual ~PlasticityRule() = default;

  // A spike of source neuron `row`: brings its synapses up to date, before
  // their weights are transmitted.
  virtual void OnSourceSpike(uint32_t row, Step stamp) = 0;

  // A recordable of the synapse model, for synapse number `synapse`.
  virtual double Variable(absl::string_view /*name*/, uint32_t /*synapse*/) const { return 0.0; }

  virtual size_t bytes() const = 0;
};

}  // namespace spiked::engine
