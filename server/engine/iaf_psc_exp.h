// Leaky integrate-and-fire neurons with exponentially decaying synaptic
// currents, integrated exactly on the grid (Rotter and Diesmann 1999).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/engine/time.h"

namespace spiked::engine {

// Parameters of one neuron, in the units of the catalogue.
struct IafParameters {
  double C_m, tau_m, tau_syn_ex, tau_syn_in, t_ref, E_L, V_th, V_reset, I_e, V_m;
};

// What a step needs to know of a neuron; potentials are relative to E_L.
struct IafConstants {
  double p22, p21_ex, p21_in, p20;  // propagators onto the potential
  double p11_ex, p11_in;            // decay of the currents
  double threshold, reset;          // mV above E_L
  double refractory_steps;
  double rest;  // E_L
  bool operator==(const IafConstants&) const = default;

  static IafConstants Of(const IafParameters& parameters, const Grid& grid);
};
inline constexpr size_t kIafConstants = sizeof(IafConstants) / sizeof(double);

// Raw arrays of a group, for the kernels. Every array has `stride` entries, a
// multiple of kIafLanePadding, and is aligned to it.
struct IafView {
  size_t lanes, stride;
  const double* constants;  // one IafConstants if uniform, else [constant][lane]
  bool uniform;
  double *potential, *current_ex, *current_in, *refractory;
  const double* drive;         // (I_e + I_dc) p20
  double *ring_ex, *ring_in;   // [slot][lane]: weights that arrive
  const uint8_t* occupied_ex;  // [slot]: whether anything does
  const uint8_t* occupied_in;
  size_t slot_mask;
};
inline constexpr size_t kIafLanePadding = 8;

struct IafSpike {
  Step stamp;
  uint32_t lane;
};

// Carries lanes [first, end) from step `from` to step `to` and appends the
// spikes; both are multiples of kIafLanePadding. Whether all state has stayed
// finite: a current that has not never becomes so again, and a potential only
// by a spike.
bool AdvanceIaf(const IafView& view, size_t first, size_t end, Step from, Step to,
                std::vector<IafSpike>* spikes);

// Neurons that are worked on together: the weights of either sign that arrive at
// them in a step stay in the first-level cache.
inline constexpr uint32_t kBlockLanes = 2048;

// Neurons whose state lies side by side: all of equal constants, or (where a
// population's parameters differ from neuron to neuron) one population.
class IafGroup {
 public:
  // `constants` has one entry if they are the same for all lanes, else one a
  // lane. Weights may arrive up to `horizon` steps ahead of the present.
  IafGroup(std::vector<IafConstants> constants, const std::vector<IafParameters>& neurons,
           Step horizon);

  size_t lanes() const { return view_.lanes; }
  size_t bytes() const;

  // Weights that arrive at one step: weights[k] * factor at lane first +
  // targets[k], for k < n. Positive ones add to the excitatory current, the
  // others to the inhibitory one.
  void AddWeights(Step arrival, uint32_t first, const uint32_t* targets, const double* weights,
                  size_t n, double factor);
  // The same weight for all of them.
  void AddWeight(Step arrival, uint32_t first, const uint32_t* targets, double weight, size_t n);

  // A weight that arrives so many times, one after another, at one lane.
  void AddWeightRepeatedly(Step arrival, uint32_t lane, double weight, uint64_t times);

  // Currents from devices, from the next step on: sums in pA, one a lane.
  void SetDeviceCurrents(const std::vector<double>& currents);

  // Lets steps pass for up to kBlockLanes lanes from `first` on, a multiple of
  // that; the spikes are sorted neither by lane nor by time. When all lanes have
  // come so far, ForgetArrivals must be called. Threads may advance different
  // blocks, and add weights to different lanes, at the same time.
  void Advance(Step from, Step to, uint32_t first, std::vector<IafSpike>* spikes);
  void ForgetArrivals(Step from, Step to);

  // Whether state has left the finite numbers, and of which lanes.
  bool diverged() const { return diverged_.load(std::memory_order_relaxed); }
  bool IsFinite(uint32_t lane) const;

  double V_m(uint32_t lane) const { return view_.potential[lane] + ConstantsOf(lane).rest; }
  double I_syn_ex(uint32_t lane) const { return view_.current_ex[lane]; }
  double I_syn_in(uint32_t lane) const { return view_.current_in[lane]; }

 private:
  // Something arrives at a slot; threads may say so at the same time.
  void Occupy(size_t receptor, size_t slot) {
    std::atomic_ref(occupied_[receptor * (view_.slot_mask + 1) + slot])
        .store(1, std::memory_order_relaxed);
  }

  struct FreeAligned {
    void operator()(double* p) const;
  };

  const IafConstants& ConstantsOf(size_t lane) const {
    return constants_[constants_.size() == 1 ? 0 : lane];
  }

  std::vector<IafConstants> constants_;
  std::unique_ptr<double[], FreeAligned> block_;  // all arrays of the view
  size_t block_size_ = 0;
  double *constant_current_, *drive_;  // I_e, and what the view's drive shows
  std::vector<uint8_t> occupied_;      // [2][slot]: ex, then in
  std::atomic<bool> diverged_{false};
  IafView view_;
};

}  // namespace spiked::engine
