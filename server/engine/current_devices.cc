#include "server/engine/current_devices.h"

#include <algorithm>

namespace spiked::engine {

void PlannedCurrents::Plan(uint32_t device, Step from, std::span<const Change> changes) {
  std::pmr::vector<Change>& plan = state_.plans[device];
  std::erase_if(plan, [from](const Change& change) { return change.from >= from; });
  plan.insert(plan.end(), changes.begin(), changes.end());
}

double PlannedCurrents::At(uint32_t device, Step k) const {
  if (!windows_.HasPoint(device, k)) return 0.0;
  // The latest change up to k; there are few, and the recent ones matter.
  const std::pmr::vector<Change>& plan = state_.plans[device];
  const auto after = std::ranges::upper_bound(plan, k, {}, &Change::from);
  return after == plan.begin() ? 0.0 : std::prev(after)->amplitude;
}

Step PlannedCurrents::NextChange(Step k) const {
  Step next = windows_.NextChange(k);
  for (const std::pmr::vector<Change>& plan : state_.plans) {
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
  windows_.Forget(k);
  for (std::pmr::vector<Change>& plan : state_.plans) {
    const auto after = std::ranges::upper_bound(plan, k, {}, &Change::from);
    // Erasing is worth while when there is much to erase.
    if (after - plan.begin() > 64) plan.erase(plan.begin(), std::prev(after));
  }
}

void PlannedCurrents::Restore(StateReader& read) {
  read(windows_, state_);
  for (const auto& plan : state_.plans) {
    read.Require(
        std::ranges::is_sorted(plan, {}, &Change::from) &&
            std::ranges::all_of(plan, [](const Change& change) { return IsTime(change.from); }),
        "a plan of currents");
  }
}

}  // namespace spiked::engine
