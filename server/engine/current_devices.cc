#include "server/engine/current_devices.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/math/gaussian.h"

namespace spiked::engine {

void PlannedCurrents::Plan(uint32_t device, Step from, bool restart,
                           std::span<const Change> changes) {
  std::vector<Change>& plan = plans_[device];
  std::erase_if(plan, [from](const Change& change) { return change.from >= from; });
  if (restart && !plan.empty()) plan.push_back({from, 0.0});
  plan.insert(plan.end(), changes.begin(), changes.end());
}

double PlannedCurrents::At(uint32_t device, Step k) const {
  // The latest change up to k; there are few, and the recent ones matter.
  const std::vector<Change>& plan = plans_[device];
  const auto after = std::ranges::upper_bound(plan, k, {}, &Change::from);
  return after == plan.begin() ? 0.0 : std::prev(after)->amplitude;
}

Step PlannedCurrents::NextChange(Step k) const {
  Step next = kNever;
  for (const std::vector<Change>& plan : plans_) {
    const auto after = std::ranges::upper_bound(plan, k, {}, &Change::from);
    if (after != plan.end()) next = std::min(next, after->from);
  }
  return next;
}

std::span<const double> PlannedCurrents::Amplitudes(Step k, const Synapses& synapses, uint32_t) {
  amplitudes_.resize(synapses.size());
  for (uint32_t row = 0; row < synapses.rows(); ++row) {
    std::fill(amplitudes_.begin() + synapses.row_begin(row),
              amplitudes_.begin() + synapses.row_end(row), At(row, k));
  }
  return amplitudes_;
}

void PlannedCurrents::Forget(Step k) {
  for (std::vector<Change>& plan : plans_) {
    const auto after = std::ranges::upper_bound(plan, k, {}, &Change::from);
    // Erasing is worth while when there is much to erase.
    if (after - plan.begin() > 64) plan.erase(plan.begin(), std::prev(after));
  }
}

size_t PlannedCurrents::bytes() const {
  size_t bytes = plans_.capacity() * sizeof(plans_[0]) + amplitudes_.capacity() * sizeof(double);
  for (const auto& plan : plans_) bytes += plan.capacity() * sizeof(Change);
  return bytes;
}

NoiseCurrents::NoiseCurrents(std::vector<double> mean, std::vector<double> std, Step dt, Step begin,
                             RandomKey key)
    : dt_(dt),
      begin_(begin),
      key_(key),
      epochs_{MakeEpoch(begin, std::move(mean), std::move(std))} {}

NoiseCurrents::Epoch NoiseCurrents::MakeEpoch(Step from, std::vector<double> mean,
                                              std::vector<double> std) {
  const auto same = [](const std::vector<double>& v) {
    return std::ranges::all_of(v, [&](double x) { return x == v.front(); });
  };
  const bool uniform = same(mean) && same(std);
  return {.from = from, .mean = std::move(mean), .std = std::move(std), .uniform = uniform};
}

void NoiseCurrents::Set(std::vector<double> mean, std::vector<double> std, Step from) {
  std::erase_if(epochs_, [from](const Epoch& epoch) { return epoch.from >= from; });
  epochs_.push_back(MakeEpoch(from, std::move(mean), std::move(std)));
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

absl::Status CheckWindows(std::span<const double> start, std::span<const double> stop) {
  for (size_t k = 0; k < start.size(); ++k) {
    if (stop[k] < start[k]) {
      return InvalidField("parameters[stop]",
                          absl::StrFormat("must not lie before start: %g ms is before %g ms "
                                          "(device %d)",
                                          stop[k], start[k], k));
    }
  }
  return absl::OkStatus();
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

}  // namespace spiked::engine
