#include <algorithm>

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
      : dt_(context.grid.ToSteps((*context.parameters)[kDt][0]).value_or(1)),
        begin_(context.begin),
        key_(context.key) {
    SetParameters(*context.parameters, begin_);
  }

  // For draws from now on.
  void SetParameters(const ParameterColumns& values, Step now) override;

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

NoiseCurrents::Epoch NoiseCurrents::MakeEpoch(Step from, std::vector<double> mean,
                                              std::vector<double> std) {
  const auto same = [](const std::vector<double>& v) {
    return std::ranges::all_of(v, [&](double x) { return x == v.front(); });
  };
  const bool uniform = same(mean) && same(std);
  return {.from = from, .mean = std::move(mean), .std = std::move(std), .uniform = uniform};
}

void NoiseCurrents::SetParameters(const ParameterColumns& values, Step now) {
  std::erase_if(epochs_, [now](const Epoch& epoch) { return epoch.from >= now; });
  epochs_.push_back(MakeEpoch(now, values[kMean], values[kStd]));
}

Step NoiseCurrents::NextChange(Step k) const {
  return k < begin_ ? begin_ : begin_ + ((k - begin_) / dt_ + 1) * dt_;
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
    drawn = drawn_.insert(drawn, Drawn{.projection = projection, .block = -1, .draws = {}});
    drawn->draws.resize(static_cast<size_t>(block) * n);
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
    return amplitudes_;
  }
  for (uint32_t row = 0; row < synapses.rows(); ++row) {
    const double mean = epoch.mean[row], std = epoch.std[row];
    for (uint32_t s = synapses.row_begin(row); s < synapses.row_end(row); ++s) {
      amplitudes_[s] = mean + std * draws[s];
    }
  }
  return amplitudes_;
}

void NoiseCurrents::Forget(Step k) {
  while (epochs_.size() > 1 && epochs_[1].from + dt_ <= k) epochs_.erase(epochs_.begin());
}

size_t NoiseCurrents::bytes() const {
  size_t bytes = amplitudes_.capacity() * sizeof(double);
  for (const Epoch& e : epochs_) bytes += (e.mean.capacity() + e.std.capacity()) * sizeof(double);
  for (const Drawn& d : drawn_) bytes += d.draws.capacity() * sizeof(double);
  return bytes;
}

}  // namespace

ModelInfo models::NoiseGenerator() {
  using namespace parameter;
  return {.name = "noise_generator",
          .kind = ModelKind::kStimulationDevice,
          .description =
              "Piecewise constant Gaussian current, drawn anew every dt, independently "
              "for each target.",
          .parameters = {Any("mean", "pA", 0, "Mean."),
                         AtLeast(0, "std", "pA", 0, "Standard deviation."),
                         Fixed(OneForAll(OnGrid(Positive(
                             "dt", "ms", 1,
                             "Time between draws, on the grid; the same for all generators."))))},
          .recordables = {},
          .emission = Emission::kCurrents,
          .input = Input::kParameters,
          .make_currents = [](const CurrentContext& context) -> std::unique_ptr<CurrentDevices> {
            return std::make_unique<NoiseCurrents>(context);
          }};
}

}  // namespace spiked::engine
