#include <algorithm>

#include "server/engine/activity_window.h"
#include "server/engine/current_devices.h"
#include "server/engine/math/gaussian.h"
#include "server/engine/models/models.h"

namespace spiked::engine {
namespace {

enum Parameter : size_t { kMean, kStd, kDt };

// Devices that draw an amplitude for each target every dt.
class NoiseCurrents final : public CurrentDevices {
 public:
  // Draws when the network begins and every dt from there.
  explicit NoiseCurrents(const CurrentContext& context)
      : CurrentDevices(context.memory),
        devices_(context.devices),
        grid_(context.grid),
        dt_(context.grid.ToSteps((*context.parameters)[kDt][0]).value_or(1)),
        begin_(context.begin),
        key_(context.key),
        state_(context.memory),
        drawn_(context.memory),
        amplitudes_(context.memory) {
    SetParameters(*context.parameters, begin_);
  }

  // For draws from now on.
  void SetParameters(const ParameterColumns& values, Step now) override;

  Step NextChange(Step k) const override;
  std::span<const double> Amplitudes(Step k, const Synapses& synapses,
                                     uint32_t projection) override;
  void Forget(Step k) override;
  void Save(StateWriter& write) const override { write(windows_, state_); }
  void Restore(StateReader& read) override;

 private:
  // What holds for draws from some time on.
  struct Epoch {
    explicit Epoch(Memory memory) : mean(memory), std(memory) {}
    Step from = 0;
    std::pmr::vector<double> mean, std;  // of each device
    bool uniform = false;                // derived: the same for all devices
    static void Members(auto& e, auto&& visit) { visit(e.from, e.mean, e.std); }
  };
  struct State {
    explicit State(Memory memory) : epochs(memory) {}
    std::pmr::vector<Epoch> epochs;  // by time; the first one goes back for ever
    static void Members(auto& s, auto&& visit) { visit(s.epochs); }
  };
  // A block of consecutive draws for all synapses of a projection, drawn
  // together because that is faster.
  struct Drawn {
    uint32_t projection;
    int64_t block = -1;
    std::pmr::vector<double> draws;  // [draw][synapse]
  };
  static constexpr int64_t kBlock = 16;         // draws; even, as they come in pairs
  static constexpr size_t kManySynapses = 256;  // from where on a block is one pair

  // What is outside of the windows.
  void Silence(Step k, const Synapses& synapses);
  static void NoteUniform(Epoch* epoch);

  uint32_t devices_;
  Grid grid_;
  Step dt_, begin_;
  RandomKey key_;
  State state_;
  std::pmr::vector<Drawn> drawn_;  // one for each projection
  std::pmr::vector<double> amplitudes_;
};

void NoiseCurrents::NoteUniform(Epoch* epoch) {
  const auto same = [](const std::pmr::vector<double>& v) {
    return std::ranges::all_of(v, [&](double x) { return x == v.front(); });
  };
  epoch->uniform = same(epoch->mean) && same(epoch->std);
}

void NoiseCurrents::SetParameters(const ParameterColumns& values, Step now) {
  std::erase_if(state_.epochs, [now](const Epoch& epoch) { return epoch.from >= now; });
  Epoch& epoch = state_.epochs.emplace_back(state_.epochs.get_allocator().resource());
  epoch.from = now;
  epoch.mean = values[kMean];
  epoch.std = values[kStd];
  NoteUniform(&epoch);
  windows_.Set(WindowsOf(values, grid_, state_.epochs.get_allocator().resource()), now);
}

Step NoiseCurrents::NextChange(Step k) const {
  const Step drawn = k < begin_ ? begin_ : begin_ + ((k - begin_) / dt_ + 1) * dt_;
  return std::min(drawn, windows_.NextChange(k));
}

std::span<const double> NoiseCurrents::Amplitudes(Step k, const Synapses& synapses,
                                                  uint32_t projection) {
  const size_t n = synapses.size();
  amplitudes_.resize(n);
  if (k < begin_) {
    std::ranges::fill(amplitudes_, 0.0);
    return amplitudes_;
  }
  const int64_t number = (k - begin_) / dt_;
  const int64_t block = n <= kManySynapses ? kBlock : 2;
  auto drawn = std::ranges::find(drawn_, projection, &Drawn::projection);
  if (drawn == drawn_.end()) {
    std::pmr::vector<double> draws(static_cast<size_t>(block) * n, drawn_.get_allocator());
    drawn_.push_back({.projection = projection, .block = -1, .draws = std::move(draws)});
    drawn = std::prev(drawn_.end());
  }
  if (drawn->block != number / block) {
    drawn->block = number / block;
    for (int64_t draw = 0; draw < block; draw += 2) {
      double* first = drawn->draws.data() + static_cast<size_t>(draw) * n;
      GaussianPairs(key_, StreamOf(Purpose::kDevice, projection), 0,
                    static_cast<uint64_t>((drawn->block * block + draw) / 2), n, first, first + n);
    }
  }
  const double* draws = drawn->draws.data() + static_cast<size_t>(number % block) * n;
  const auto later =
      std::ranges::upper_bound(state_.epochs, begin_ + number * dt_, {}, &Epoch::from);
  const Epoch& epoch = later == state_.epochs.begin() ? *later : *std::prev(later);
  if (epoch.uniform) {
    const double mean = epoch.mean.front(), std = epoch.std.front();
    for (size_t s = 0; s < n; ++s) amplitudes_[s] = mean + std * draws[s];
  } else {
    for (uint32_t row = 0; row < synapses.rows(); ++row) {
      const double mean = epoch.mean[row], std = epoch.std[row];
      for (uint32_t s = synapses.row_begin(row); s < synapses.row_end(row); ++s) {
        amplitudes_[s] = mean + std * draws[s];
      }
    }
  }
  Silence(k, synapses);
  return amplitudes_;
}

void NoiseCurrents::Silence(Step k, const Synapses& synapses) {
  if (windows_.AllHavePoint(k)) return;
  for (uint32_t row = 0; row < synapses.rows(); ++row) {
    if (windows_.HasPoint(row, k)) continue;
    std::fill(amplitudes_.begin() + synapses.row_begin(row),
              amplitudes_.begin() + synapses.row_end(row), 0.0);
  }
}

void NoiseCurrents::Forget(Step k) {
  windows_.Forget(k);
  while (state_.epochs.size() > 1 && state_.epochs[1].from + dt_ <= k)
    state_.epochs.erase(state_.epochs.begin());
}

void NoiseCurrents::Restore(StateReader& read) {
  read(windows_, state_);
  bool good = !state_.epochs.empty() && std::ranges::is_sorted(state_.epochs, {}, &Epoch::from);
  for (const Epoch& epoch : state_.epochs) {
    good = good && epoch.mean.size() == devices_ && epoch.std.size() == devices_;
  }
  read.Require(good, "the parameters of noise");
  if (!read.ok()) return;
  for (Epoch& epoch : state_.epochs) NoteUniform(&epoch);
}

}  // namespace

ModelInfo models::NoiseGenerator() {
  using namespace parameter;
  return {
      .name = "noise_generator",
      .kind = ModelKind::kStimulationDevice,
      .description =
          "Piecewise constant Gaussian current from start to stop, drawn anew every dt from "
          "when the network was created, independently for each target.",
      .parameters = WithWindow(
          {Any("mean", "pA", 0, "Mean."), AtLeast(0, "std", "pA", 0, "Standard deviation."),
           Fixed(OneForAll(OnGrid(Positive(
               "dt", "ms", 1, "Time between draws, on the grid; the same for all generators."))))}),
      .recordables = {},
      .emission = Emission::kCurrents,
      .input = Input::kParameters,
      .check = CheckWindow,
      .make_currents = [](const CurrentContext& context) -> std::unique_ptr<CurrentDevices> {
        return std::make_unique<NoiseCurrents>(context);
      }};
}

}  // namespace spiked::engine
