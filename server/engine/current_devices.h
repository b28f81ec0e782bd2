// Devices that inject currents.
//
// A device has an amplitude at every grid point k, the beginning of a step. It
// drives a neuron at delay d in the step that begins at k + d.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/engine/activity_window.h"
#include "server/engine/math/random.h"
#include "server/engine/memory.h"
#include "server/engine/state.h"
#include "server/engine/synapses.h"
#include "server/engine/time.h"

namespace spiked::engine {

// Values of a population's parameters: [parameter][neuron or device].
using ParameterColumns = std::pmr::vector<std::pmr::vector<double>>;

// What a population of current devices begins with.
struct CurrentContext {
  uint32_t devices = 0;
  const ParameterColumns* parameters = nullptr;
  Grid grid{0.1};
  Step begin = 0;  // of the network
  RandomKey key;
  Memory memory = std::pmr::get_default_resource();
};

// A population of current devices.
class CurrentDevices {
 public:
  virtual ~CurrentDevices() = default;

  // The first grid point after k at which an amplitude may differ from that at
  // k; kNever if there is none.
  virtual Step NextChange(Step k) const = 0;

  // Amplitudes (pA) at grid point k, one for each of the synapses of projection
  // number `projection`. They stay valid until the next call.
  virtual std::span<const double> Amplitudes(Step k, const Synapses& synapses,
                                             uint32_t projection) = 0;

  // Grid points before k will not be asked for any more.
  virtual void Forget(Step k) = 0;

  // The parameters have other values as of now.
  virtual void SetParameters(const ParameterColumns& /*values*/, Step /*now*/) {}

  virtual void Save(StateWriter& write) const = 0;
  virtual void Restore(StateReader& read) = 0;

 protected:
  explicit CurrentDevices(Memory memory) : windows_(memory) {}

  // State: when the devices are active; outside they have an amplitude of 0.
  WindowHistory windows_;
};

// Devices with amplitudes that are known in advance.
class PlannedCurrents : public CurrentDevices {
 public:
  struct Change {
    Step from;
    double amplitude;
    static void Members(auto& c, auto&& visit) { visit(c.from, c.amplitude); }
  };

  PlannedCurrents(uint32_t devices, Memory memory)
      : CurrentDevices(memory), state_(devices, memory), amplitudes_(memory) {}
  uint32_t devices() const { return static_cast<uint32_t>(state_.plans.size()); }

  // From grid point `from` on, the device follows the changes given, whose
  // times ascend from `from` on; until the first it keeps the amplitude that it
  // has.
  void Plan(uint32_t device, Step from, std::span<const Change> changes);

  Step NextChange(Step k) const override;
  std::span<const double> Amplitudes(Step k, const Synapses& synapses,
                                     uint32_t projection) override;
  void Forget(Step k) override;
  void Save(StateWriter& write) const override { write(windows_, state_); }
  void Restore(StateReader& read) override;

 private:
  struct State {
    State(uint32_t devices, Memory memory) : plans(devices, memory) {}
    std::pmr::vector<std::pmr::vector<Change>> plans;  // of each device, by time
    static void Members(auto& s, auto&& visit) { visit(Fixed(s.plans)); }
  };

  double At(uint32_t device, Step k) const;

  State state_;
  std::pmr::vector<double> amplitudes_;  // scratch
};

}  // namespace spiked::engine
