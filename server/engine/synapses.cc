#include "server/engine/synapses.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/engine/values.h"

namespace spiked::engine {

absl::StatusOr<Synapses> Synapses::Build(const ProjectionSpec& spec, const ConnectionShape& shape,
                                         const Grid& grid, RandomKey key, uint32_t number,
                                         uint32_t block_targets) {
  Synapses s;
  const uint32_t stream = StreamOf(Purpose::kConnections, number);

  s.block_targets_ = block_targets;
  s.blocks_ = (shape.targets - 1) / block_targets + 1;
  const auto cell_of = [&](uint32_t source, uint32_t target) {
    return size_t{source} * s.blocks_ + target / block_targets;
  };
  s.cell_begin_.assign(size_t{shape.sources} * s.blocks_ + 1, 0);
  ForEachConnection(spec.rule, shape, key, stream, [&](uint32_t source, uint32_t target) {
    ++s.cell_begin_[cell_of(source, target) + 1];
  });
  std::partial_sum(s.cell_begin_.begin(), s.cell_begin_.end(), s.cell_begin_.begin());
  const uint32_t count = s.cell_begin_.back();
  s.targets_.resize(count);
  const auto* one_weight = std::get_if<double>(&spec.weight);
  if (one_weight != nullptr) {
    s.ShareWeight(*one_weight);
  } else {
    s.weights_.resize(count);
  }

  const Sampler weight(spec.weight, key, StreamOf(Purpose::kWeights, number));
  const Sampler delay(spec.delay_ms, key, StreamOf(Purpose::kDelays, number));
  const bool one_delay = std::holds_alternative<double>(spec.delay_ms);
  std::vector<uint32_t> delays(one_delay ? 0 : count);

  std::vector<uint32_t> next(s.cell_begin_.begin(), s.cell_begin_.end() - 1);
  uint32_t ordinal = 0;
  absl::Status problem;
  const auto add = [&](uint32_t source, uint32_t target) {
    const uint32_t k = ordinal++;
    if (!problem.ok()) return;
    const uint32_t place = next[cell_of(source, target)]++;
    s.targets_[place] = target;
    if (one_weight == nullptr) {
      const auto w = weight(k);
      if (!w.ok()) {
        problem = InvalidField("weight", std::string(w.status().message()));
        return;
      }
      s.weights_[place] = *w;
    }
    if (one_delay) return;
    const auto ms = delay(k);
    if (!ms.ok()) {
      problem = InvalidField("delay_ms", std::string(ms.status().message()));
      return;
    }
    const double steps = std::round(*ms / grid.resolution_ms());
    if (!(steps >= 1 && steps <= kMaxDelaySteps)) {
      problem = InvalidField(
          "delay_ms", absl::StrFormat("a delay of %s ms was drawn; bound the distribution so that "
                                      "delays are at least one step (%s ms)",
                                      ToText(*ms), ToText(grid.resolution_ms())));
      return;
    }
    delays[place] = static_cast<uint32_t>(steps);
  };
  ForEachConnection(spec.rule, shape, key, stream, add);
  if (!problem.ok()) return problem;

  if (one_delay || count == 0) {
    const auto* ms = std::get_if<double>(&spec.delay_ms);
    const Step steps = ms == nullptr ? 1 : grid.ToSteps(*ms).value_or(1);
    s.delays_ = {steps, steps};
  } else {
    const auto [shortest, longest] = std::ranges::minmax(delays);
    s.delays_ = {shortest, longest};
    if (!s.uniform_delay()) s.SortByDelay(delays);
  }
  return s;
}

void Synapses::SortByDelay(const std::vector<uint32_t>& delays) {
  std::vector<uint32_t> order, cell_targets;
  std::vector<double> cell_weights;
  for (size_t cell = 0; cell + 1 < cell_begin_.size(); ++cell) {
    const uint32_t begin = cell_begin_[cell], end = cell_begin_[cell + 1];
    run_begin_.push_back(static_cast<uint32_t>(runs_.size()));
    order.resize(end - begin);
    std::iota(order.begin(), order.end(), begin);
    std::ranges::stable_sort(order, {}, [&](uint32_t k) { return delays[k]; });
    cell_targets.assign(targets_.begin() + begin, targets_.begin() + end);
    if (!shared_weight()) cell_weights.assign(weights_.begin() + begin, weights_.begin() + end);
    for (uint32_t k = 0; k < order.size(); ++k) {
      targets_[begin + k] = cell_targets[order[k] - begin];
      if (!shared_weight()) weights_[begin + k] = cell_weights[order[k] - begin];
      const uint32_t delay = delays[order[k]];
      if (k == 0 || delay != runs_.back().delay) runs_.push_back({begin + k, delay});
    }
  }
  run_begin_.push_back(static_cast<uint32_t>(runs_.size()));
}

uint32_t Synapses::RowOf(uint32_t synapse) const {
  const auto after = std::ranges::upper_bound(cell_begin_, synapse);
  return static_cast<uint32_t>(std::prev(after) - cell_begin_.begin()) / blocks_;
}

Step Synapses::DelayOf(uint32_t row, uint32_t synapse) const {
  if (uniform_delay()) return delays_.shortest;
  const auto begin = runs_.begin() + run_begin_[size_t{row} * blocks_];
  const auto end = runs_.begin() + run_begin_[(size_t{row} + 1) * blocks_];
  return std::prev(std::upper_bound(begin, end, synapse,
                                    [](uint32_t k, const Run& run) { return k < run.begin; }))
      ->delay;
}

size_t Synapses::bytes() const {
  return targets_.capacity() * sizeof(uint32_t) + weights_.capacity() * sizeof(double) +
         (cell_begin_.capacity() + run_begin_.capacity()) * sizeof(uint32_t) +
         runs_.capacity() * sizeof(Run);
}

}  // namespace spiked::engine
