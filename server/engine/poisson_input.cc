#include "server/engine/poisson_input.h"

#include <algorithm>
#include <numeric>

namespace spiked::engine {
namespace {

// Spikes that a connection should have in a block, about, and the longest block.
constexpr double kSpikesInBlock = 2.0;
constexpr Step kMaxBlockSlices = 64;
// From so many spikes in a step on, each step draws its number.
constexpr double kSpikesInStep = 0.125;

}  // namespace

PoissonInput::PoissonInput(std::span<const double> rates, std::span<const ActivityWindow> windows,
                           const Synapses& synapses, uint32_t projection, const Grid& grid,
                           Step slice, Step begin, Step now, RandomKey key, Memory memory)
    : synapses_(synapses),
      grid_(grid),
      stream_(StreamOf(Purpose::kDevice, projection)),
      slice_(slice),
      key_(key),
      state_(begin, now, memory),
      drawn_(memory),
      events_(memory),
      slice_first_(memory),
      numbers_{std::pmr::vector<uint64_t>(memory), std::pmr::vector<uint64_t>(memory)} {
  SetRates(rates, windows, begin, now);
}

void PoissonInput::SetRates(std::span<const double> rates, std::span<const ActivityWindow> windows,
                            Step slice_begin, Step now) {
  // What the present slice has seen of the old rates stays as it was.
  state_.carried = SpikesUntil(slice_begin, now);
  state_.rates.assign(rates.begin(), rates.end());
  state_.windows.assign(windows.begin(), windows.end());
  ++state_.epoch;
  Restart(now);
}

std::pmr::vector<PoissonInput::Event> PoissonInput::SpikesUntil(Step slice_begin, Step now) {
  std::pmr::vector<Event> spikes(state_.carried, state_.carried.get_allocator());
  ForEachNewSpike(slice_begin, now, [&](const Event& event) {
    spikes.push_back(event);
    return true;
  });
  return spikes;
}

void PoissonInput::SetSlice(Step slice, Step begin, Step now, std::pmr::vector<Event> spikes) {
  state_.carried = std::move(spikes);
  // Where nothing has been drawn it is as if slices had always been so long.
  if (now > state_.from) ++state_.epoch;
  slice_ = slice;
  state_.begin = begin;
  Restart(now);
}

void PoissonInput::Restart(Step now) {
  state_.from = now;
  Derive();
}

void PoissonInput::Derive() {
  block_begin_ = -1;
  const double highest = *std::ranges::max_element(state_.rates);
  silent_ = highest == 0.0;
  const double in_slice = highest * grid_.resolution_ms() * 1e-3 * static_cast<double>(slice_);
  block_slices_ = in_slice * kMaxBlockSlices <= kSpikesInBlock
                      ? kMaxBlockSlices
                      : std::max(Step{1}, static_cast<Step>(kSpikesInBlock / in_slice));
}

std::span<const PoissonInput::Event> PoissonInput::Slice(Step slice_begin) {
  if (block_begin_ < 0 || slice_begin < block_begin_ ||
      slice_begin >= block_begin_ + block_slices_ * slice_) {
    // Blocks follow one another from the slice in which the rates were set.
    const Step first = SliceOf(state_.from);
    const Step length = block_slices_ * slice_;
    Draw(first + (slice_begin - first) / length * length);
  }
  const size_t number = static_cast<size_t>((slice_begin - block_begin_) / slice_);
  return std::span(events_).subspan(slice_first_[number],
                                    slice_first_[number + 1] - slice_first_[number]);
}

void PoissonInput::Restore(StateReader& read) {
  read(state_);
  bool good = IsTime(state_.from) && IsTime(state_.begin) && state_.begin <= state_.from;
  for (const double rate : state_.rates) good = good && rate >= 0 && rate <= kHighestRate;
  for (const Event& event : state_.carried) {
    good = good && IsTime(event.stamp) && event.row < synapses_.rows() &&
           event.synapse >= synapses_.row_begin(event.row) &&
           event.synapse < synapses_.row_end(event.row);
  }
  read.Require(good, "Poisson input");
  if (read.ok()) Derive();
}

void PoissonInput::Draw(Step block_begin) {
  block_begin_ = block_begin;
  const RandomKey epoch_key = DeriveKey(key_, stream_, state_.epoch);
  const RandomKey key = DeriveKey(epoch_key, stream_, static_cast<uint64_t>(block_begin));
  const Step steps = block_slices_ * slice_;
  drawn_.clear();
  PoissonNumbers numbers;
  for (uint32_t row = 0; row < synapses_.rows(); ++row) {
    const double in_step = state_.rates[row] * grid_.resolution_ms() * 1e-3;
    const bool active =
        state_.windows[row].start < block_begin + steps && state_.windows[row].stop > block_begin;
    if (in_step == 0.0 || !active) continue;
    const bool step_by_step = in_step > kSpikesInStep;
    const double mean = step_by_step ? in_step : in_step * static_cast<double>(steps);
    if (mean != numbers.mean()) numbers = PoissonNumbers(mean);
    if (step_by_step) {
      DrawSteps(row, key, numbers);
    } else {
      DrawSpikes(row, key, numbers);
    }
  }
  if (block_slices_ == 1) {
    events_.swap(drawn_);
    slice_first_ = {0, static_cast<uint32_t>(events_.size())};
    return;
  }
  // By slice, and within a slice as they were drawn.
  const auto slice_of = [&](const Event& event) {
    return static_cast<size_t>((event.stamp - 1 - block_begin) / slice_);
  };
  slice_first_.assign(static_cast<size_t>(block_slices_) + 2, 0);
  for (const Event& event : drawn_) ++slice_first_[slice_of(event) + 2];
  std::partial_sum(slice_first_.begin(), slice_first_.end(), slice_first_.begin());
  events_.resize(drawn_.size());
  for (const Event& event : drawn_) events_[slice_first_[slice_of(event) + 1]++] = event;
}

void PoissonInput::DrawSpikes(uint32_t row, RandomKey key, const PoissonNumbers& numbers) {
  const auto steps = static_cast<uint64_t>(block_slices_ * slice_);
  for (uint32_t k = synapses_.row_begin(row); k < synapses_.row_end(row); ++k) {
    RandomDraws draws(key, stream_, k);
    for (uint64_t n = numbers(draws); n > 0; --n) {
      drawn_.push_back({block_begin_ + 1 + static_cast<Step>(draws.Below(steps)), row, k, 1});
    }
  }
}

void PoissonInput::DrawSteps(uint32_t row, RandomKey key, const PoissonNumbers& numbers) {
  const auto steps = static_cast<size_t>(block_slices_ * slice_);
  const uint32_t begin = synapses_.row_begin(row), n = synapses_.row_end(row) - begin;
  const auto add = [&](size_t step, uint32_t k, uint64_t number) {
    if (number == 0) return;
    drawn_.push_back(
        {block_begin_ + static_cast<Step>(step), row, k, static_cast<uint32_t>(number)});
  };
  if (!numbers.draws_once()) {
    for (uint32_t k = begin; k < begin + n; ++k) {
      RandomDraws draws(key, stream_, k);
      for (size_t step = 1; step <= steps; ++step) add(step, k, numbers(draws));
    }
    return;
  }
  // Two steps at a time, which have one position of the generator: for all
  // connections at once, or all steps of one.
  const size_t pairs = (steps + 1) / 2;
  std::pmr::vector<uint64_t>& first = numbers_[0];
  std::pmr::vector<uint64_t>& second = numbers_[1];
  first.resize(std::max<size_t>(n == 1 ? pairs : n, first.size()));
  second.resize(first.size());
  if (n == 1) {
    numbers.OfPositions(key, stream_, begin, 0, pairs, first.data(), second.data());
    for (size_t pair = 0; pair < pairs; ++pair) {
      add(2 * pair + 1, begin, first[pair]);
      if (2 * pair + 2 <= steps) add(2 * pair + 2, begin, second[pair]);
    }
    return;
  }
  for (size_t pair = 0; pair < pairs; ++pair) {
    numbers.OfIndices(key, stream_, begin, pair, n, first.data(), second.data());
    for (uint32_t k = 0; k < n; ++k) add(2 * pair + 1, begin + k, first[k]);
    if (2 * pair + 2 > steps) break;
    for (uint32_t k = 0; k < n; ++k) add(2 * pair + 2, begin + k, second[k]);
  }
}

}  // namespace spiked::engine
