// Neurons of one model whose state lies side by side: all of equal constants, or
// (where they differ from neuron to neuron) one population.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "server/engine/memory.h"
#include "server/engine/neuron_model.h"
#include "server/engine/scatter.h"
#include "server/engine/state.h"
#include "server/engine/time.h"

namespace spiked::engine {

// Neurons that are worked on together: the weights of either sign that arrive at
// them in a step stay in the first-level cache.
inline constexpr uint32_t kBlockLanes = 2048;

class NeuronGroup {
 public:
  // What one neuron begins with.
  struct Neuron {
    double states[kMaxStates] = {};
    double constant_current = 0;  // pA
  };
  struct Constants {
    double values[kMaxConstants] = {};
    bool operator==(const Constants&) const = default;
    template <typename Hash>
    friend Hash AbslHashValue(Hash hash, const Constants& c) {
      return Hash::combine_contiguous(std::move(hash), c.values, kMaxConstants);
    }
  };

  // `constants` has one entry if they are the same for all lanes, else one a
  // lane. Weights may arrive up to `horizon` steps ahead of the present.
  NeuronGroup(const NeuronModel& model, std::span<const Constants> constants,
              std::span<const Neuron> neurons, Step horizon,
              Memory memory = std::pmr::get_default_resource());

  // The neurons at `lanes` of another group, in that order, with such constants
  // and all that is under way to them at `now`; but for the currents of devices,
  // which have to be set again.
  NeuronGroup(const NeuronGroup& other, std::span<const uint32_t> lanes,
              std::span<const Constants> constants, Step horizon, Step now, Memory memory);

  size_t lanes() const { return view_.lanes; }
  // One for all lanes, or one each.
  std::vector<Constants> constants() const;
  Constants ConstantsAt(uint32_t lane) const;

  // Weights that arrive at one step: weights[k] * factor at lane first +
  // targets[k], for k < n.
  void AddWeights(Step arrival, uint32_t first, const uint32_t* targets, const double* weights,
                  size_t n, double factor);
  // The same weight for all of them.
  void AddWeight(Step arrival, uint32_t first, const uint32_t* targets, double weight, size_t n);
  // One of them, at one lane.
  void AddWeight(Step arrival, uint32_t lane, double weight) {
    const size_t slot = static_cast<size_t>(arrival) & view_.slot_mask;
    const size_t receptor = ReceptorOf(weight);
    view_.rings[receptor][slot * view_.stride + lane] += weight;
    Occupy(receptor, slot);
  }
  // The same as AddWeights, by a scatter; weights are `weight_stride` apart, 0 where all
  // share one.
  void AddWeights(Step arrival, uint32_t first, const uint32_t* targets, const double* weights,
                  size_t weight_stride, size_t n, double factor, Scatter* scatter) {
    const size_t slots = view_.slot_mask + 1, slot = static_cast<size_t>(arrival) & view_.slot_mask;
    double* row = view_.rings[0] + slot * view_.stride + first;
    const size_t inhibitory = model_.by_sign ? slots * view_.stride : 0;  // further on
    bool any[2] = {};
    for (size_t k = 0; k < n; ++k) {
      const double weight = weights[k * weight_stride] * factor;
      const bool negative = !(weight > 0);
      any[negative] = true;
      scatter->Add(row + targets[k] + (negative ? inhibitory : 0), weight);
    }
    for (size_t k = 0; k < 2; ++k) {
      if (any[k]) Occupy(model_.by_sign ? k : 0, slot);
    }
  }
  // A weight that arrives so many times, one after another, at one lane.
  void AddWeightRepeatedly(Step arrival, uint32_t lane, double weight, uint64_t times);

  // Currents from devices, from the next step on: sums in pA, one a lane.
  void SetDeviceCurrents(std::span<const double> currents);

  // Lets steps pass for up to kBlockLanes lanes from `first` on, a multiple of
  // that; the spikes are sorted neither by lane nor by time. When all lanes have
  // come so far, ForgetArrivals must be called. Threads may advance different
  // blocks, and add weights to different lanes, at the same time.
  void Advance(Step from, Step to, uint32_t first, std::pmr::vector<NeuronSpike>* spikes);
  void ForgetArrivals(Step from, Step to);

  // Whether state has left the finite numbers, and of which lanes.
  bool diverged() const { return diverged_.load(std::memory_order_relaxed); }
  bool IsFinite(uint32_t lane) const;

  // A recordable of the model.
  double Recorded(size_t recordable, uint32_t lane) const {
    const RecordedState& recorded = model_.recorded[recordable];
    const double state = view_.states[recorded.state][lane];
    return recorded.above_rest ? state + ConstantOf(kRest, lane) : state;
  }

  void SetRecorded(size_t recordable, uint32_t lane, double value) {
    const RecordedState& recorded = model_.recorded[recordable];
    view_.states[recorded.state][lane] =
        recorded.above_rest ? value - ConstantOf(kRest, lane) : value;
  }
  // The resting potential was `before`; the potential stays.
  void MoveRest(uint32_t lane, double before) {
    const double rest = ConstantOf(kRest, lane);
    if (rest != before) view_.states[0][lane] = (view_.states[0][lane] + before) - rest;
  }
  // I_e in pA; currents of devices have to be set again.
  void SetConstantCurrent(uint32_t lane, double current) {
    constant_current_[lane] = current;
    drive_[lane] = current * ConstantOf(kDriveFactor, lane);
  }

  // Of so many lanes from `first` on. Restored, they have their drive without
  // currents from devices, which have to be set again.
  void Save(StateWriter& write, uint32_t first, uint32_t lanes) const;
  void Restore(StateReader& read, uint32_t first, uint32_t lanes);

 private:
  struct State {
    explicit State(Memory memory) : occupied(memory) {}
    std::span<double> variables;         // the model's states, then refractoriness: [..][lane]
    std::span<double> rings;             // weights that arrive: [receptor][slot][lane]
    std::pmr::vector<uint8_t> occupied;  // [receptor][slot]: whether any do

    // Of lanes [first, first + lanes), which are `stride` apart in all arrays.
    static void Members(auto& s, size_t stride, size_t first, size_t lanes, auto&& visit) {
      for (size_t at = first; at < s.variables.size(); at += stride) {
        visit(Fixed(s.variables.subspan(at, lanes)));
      }
      visit(Fixed(s.occupied), OccupiedRows{s.rings.data() + first, s.occupied, stride, lanes});
    }
  };

  std::vector<Neuron> NeuronsAt(std::span<const uint32_t> lanes) const;
  // Takes for zero what lanes [first, end) have left of long ago.
  void ForgetNegligible(size_t first, size_t end);
  // Something arrives at a slot; threads may say so at the same time.
  void Occupy(size_t receptor, size_t slot) {
    std::atomic_ref(state_.occupied[receptor * (view_.slot_mask + 1) + slot])
        .store(1, std::memory_order_relaxed);
  }
  size_t ReceptorOf(double weight) const { return model_.by_sign && !(weight > 0) ? 1 : 0; }

  struct Free {
    Memory memory;
    size_t size;
    void operator()(double* p) const;
  };

  double ConstantOf(size_t constant, size_t lane) const {
    return view_.uniform ? view_.constants[constant]
                         : view_.constants[constant * view_.stride + lane];
  }

  const NeuronModel& model_;
  std::unique_ptr<double[], Free> block_;  // all arrays of the view
  double *constant_current_, *drive_;      // I_e, and what the view's drive shows
  State state_;
  std::atomic<bool> diverged_{false};
  NeuronView view_;
};

}  // namespace spiked::engine
