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
        grid_(context.grid),
        dt_(context.grid.ToSteps((*context.parameters)[kDt][0]).value_or(1)),
        begin_(context.begin),
        key_(context.key),
        epochs_(context.memory),
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

 private:
  struct Epoch {
    Step from;
    std::pmr::vector<double> mean, std;
    bool uniform;  // the same for all devices
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

  Grid grid_;
  Step dt_, begin_;
  RandomKey key_;
  std::pmr::vector<Epoch> epochs_;
  std::pmr::vector<Drawn> drawn_;  // one for each projection
  std::pmr::vector<double> amplitudes_;
};

void NoiseCurrents::SetParameters(const ParameterColumns& values, Step now) {
  std::erase_if(epochs_, [now](const Epoch& epoch) { return epoch.from >= now; });
  const auto same = [](const std::pmr::vector<double>& v) {
    return std::ranges::all_of(v, [&](double x) { return x == v.front(); });
  };
  const auto copy = [this](const std::pmr::vector<double>& v) {
    return std::pmr::vector<double>(v, epochs_.get_allocator());
  };
  epochs_.push_back({.from = now,
                     .mean = copy(values[kMean]),
                     .std = copy(values[kStd]),
                     .uniform = same(values[kMean]) && same(values[kStd])});
  windows_.Set(WindowsOf(values, grid_, epochs_.get_allocator().resource()), now);
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
  const Epoch& epoch =
      *std::prev(std::ranges::upper_bound(epochs_, begin_ + number * dt_, {}, &Epoch::from));
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
  while (epochs_.size() > 1 && epochs_[1].from + dt_ <= k) epochs_.erase(epochs_.begin());
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
