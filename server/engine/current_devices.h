// Devices that inject currents: dc_generator, step_current_generator and
// noise_generator.
//
// A device has an amplitude at every grid point k, the beginning of a step. It
// drives a neuron at delay d in the step that begins at k + d.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/math/random.h"
#include "server/engine/synapses.h"
#include "server/engine/time.h"

namespace spiked::engine {

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

  virtual size_t bytes() const = 0;
};

// Devices with amplitudes that are known in advance.
class PlannedCurrents final : public CurrentDevices {
 public:
  struct Change {
    Step from;
    double amplitude;
  };

  explicit PlannedCurrents(uint32_t devices) : plans_(devices) {}

  // From grid point `from` on, the device follows the changes given, whose
  // times ascend from `from` on; until the first it has no amplitude if
  // `restart`, else the one that it has.
  void Plan(uint32_t device, Step from, bool restart, std::span<const Change> changes);

  Step NextChange(Step k) const override;
  std::span<const double> Amplitudes(Step k, const Synapses& synapses,
                                     uint32_t projection) override;
  void Forget(Step k) override;
  size_t bytes() const override;

 private:
  double At(uint32_t device, Step k) const;

  std::vector<std::vector<Change>> plans_;
  std::vector<double> amplitudes_;  // scratch
};

// Devices that draw an amplitude for each target every dt.
class NoiseCurrents final : public CurrentDevices {
 public:
  // One entry for each device of `mean` and `std` (pA); draws at `begin` and
  // every `dt` from there.
  NoiseCurrents(std::vector<double> mean, std::vector<double> std, Step dt, Step begin,
                RandomKey key);

  // New parameters for draws at `from` and later.
  void Set(std::vector<double> mean, std::vector<double> std, Step from);
  const std::vector<double>& mean() const { return epochs_.back().mean; }
  const std::vector<double>& std() const { return epochs_.back().std; }

  Step NextChange(Step k) const override;
  std::span<const double> Amplitudes(Step k, const Synapses& synapses,
                                     uint32_t projection) override;
  void Forget(Step k) override;
  size_t bytes() const override;

 private:
  struct Epoch {
    Step from;
    std::vector<double> mean, std;
    bool uniform;  // the same for all devices
  };
  // A block of consecutive draws for all synapses of a projection, drawn
  // together because that is faster.
  struct Drawn {
    uint32_t projection;
    int64_t block = -1;
    std::vector<double> draws;  // [draw][synapse]
  };
  static constexpr int64_t kBlock = 16;         // draws; even, as they come in pairs
  static constexpr size_t kManySynapses = 256;  // from where on a block is one pair

  static Epoch MakeEpoch(Step from, std::vector<double> mean, std::vector<double> std);

  Step dt_, begin_;
  RandomKey key_;
  std::vector<Epoch> epochs_;
  std::vector<Drawn> drawn_;  // one for each projection
  std::vector<double> amplitudes_;
};

// Checks that no current ends before it begins; field `parameters[stop]`.
absl::Status CheckWindows(std::span<const double> start, std::span<const double> stop);

}  // namespace spiked::engine
