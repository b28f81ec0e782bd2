#include "server/engine/poisson_input.h"

#include <algorithm>
#include <numeric>

namespace spiked::engine {
namespace {

// Spikes that a connection should have in what is drawn at once, about, and how many
// slices these are at most.
constexpr double kSpikesTogether = 2.0;
constexpr Step kMostTogether = 64;
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
      drawings_(memory) {
  for (uint32_t k = 0; k < synapses.blocks(); ++k) drawings_.emplace_back(memory);
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
  ForEachNewSpike(slice_begin, now, [&](const Event& event) { spikes.push_back(event); });
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
  for (Drawing& drawing : drawings_) drawing.begin = -1;
  const double highest = *std::ranges::max_element(state_.rates);
  silent_ = highest == 0.0;
  const double in_slice = highest * grid_.resolution_ms() * 1e-3 * static_cast<double>(slice_);
  slices_together_ = in_slice * kMostTogether <= kSpikesTogether
                         ? kMostTogether
                         : std::max(Step{1}, static_cast<Step>(kSpikesTogether / in_slice));
}

std::span<const PoissonInput::Event> PoissonInput::SliceAt(uint32_t block, Step begin) {
  const Step together = slices_together_ * slice_;
  Drawing& drawing = drawings_[block];
  if (drawing.begin < 0 || begin < drawing.begin || begin >= drawing.begin + together) {
    // They follow one another from the slice in which the rates were set.
    const Step first = SliceOf(state_.from);
    Draw(block, first + (begin - first) / together * together);
  }
  const auto number = static_cast<size_t>((begin - drawing.begin) / slice_);
  return std::span(drawing.events)
      .subspan(drawing.slice_first[number],
               drawing.slice_first[number + 1] - drawing.slice_first[number]);
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

void PoissonInput::Draw(uint32_t block, Step begin) {
  const RandomKey epoch_key = DeriveKey(key_, stream_, state_.epoch);
  const RandomKey key = DeriveKey(epoch_key, stream_, static_cast<uint64_t>(begin));
  const Step steps = slices_together_ * slice_;
  Drawing& to = drawings_[block];
  to.begin = -1;  // until all is there
  to.drawn.clear();
  for (uint32_t row = 0; row < synapses_.rows(); ++row) {
    const double in_step = state_.rates[row] * grid_.resolution_ms() * 1e-3;
    const ActivityWindow& window = state_.windows[row];
    const bool active = window.start < begin + steps && window.stop > begin;
    if (in_step == 0.0 || !active) continue;
    if (synapses_.cell_begin(row, block) == synapses_.cell_end(row, block)) continue;
    const bool step_by_step = in_step > kSpikesInStep;
    const double mean = step_by_step ? in_step : in_step * static_cast<double>(steps);
    if (mean != to.numbers.mean()) to.numbers = PoissonNumbers(mean);
    if (step_by_step) {
      DrawSteps(row, block, key, begin);
    } else {
      DrawSpikes(row, block, key, begin);
    }
  }
  if (slices_together_ == 1) {
    to.events.swap(to.drawn);
    to.slice_first = {0, static_cast<uint32_t>(to.events.size())};
    to.begin = begin;
    return;
  }
  // By slice, and within a slice as they were drawn.
  const auto slice_of = [&](const Event& event) {
    return static_cast<size_t>((event.stamp - 1 - begin) / slice_);
  };
  to.slice_first.assign(static_cast<size_t>(slices_together_) + 2, 0);
  for (const Event& event : to.drawn) ++to.slice_first[slice_of(event) + 2];
  std::partial_sum(to.slice_first.begin(), to.slice_first.end(), to.slice_first.begin());
  to.events.resize(to.drawn.size());
  for (const Event& event : to.drawn) to.events[to.slice_first[slice_of(event) + 1]++] = event;
  to.begin = begin;
}

void PoissonInput::DrawSpikes(uint32_t row, uint32_t block, RandomKey key, Step begin) {
  Drawing& to = drawings_[block];
  const auto steps = static_cast<uint64_t>(slices_together_ * slice_);
  for (uint32_t k = synapses_.cell_begin(row, block); k < synapses_.cell_end(row, block); ++k) {
    RandomDraws draws(key, stream_, k);
    for (uint64_t n = to.numbers(draws); n > 0; --n) {
      to.drawn.push_back({begin + 1 + static_cast<Step>(draws.Below(steps)), row, k, 1});
    }
  }
}

void PoissonInput::DrawSteps(uint32_t row, uint32_t block, RandomKey key, Step begin) {
  Drawing& to = drawings_[block];
  const auto steps = static_cast<size_t>(slices_together_ * slice_);
  const uint32_t first = synapses_.cell_begin(row, block),
                 n = synapses_.cell_end(row, block) - first;
  if (!to.numbers.draws_once()) {
    for (uint32_t k = first; k < first + n; ++k) {
      RandomDraws draws(key, stream_, k);
      for (Step step = 1; step <= static_cast<Step>(steps); ++step) {
        const auto number = static_cast<uint32_t>(to.numbers(draws));
        if (number > 0) to.drawn.push_back({begin + step, row, k, number});
      }
    }
    return;
  }
  // Two steps at a time, which have one position of the generator: for all
  // connections at once, or all steps of one.
  const size_t pairs = (steps + 1) / 2, at_once = n == 1 ? pairs : n;
  to.first.resize(std::max(at_once, to.first.size()));
  to.second.resize(to.first.size());
  // Without asking each whether it is none, which nobody could foretell.
  const size_t before = to.drawn.size();
  to.drawn.resize(before + steps * n);
  Event* next = to.drawn.data() + before;
  const auto add = [&](size_t step, uint32_t k, uint64_t number) {
    *next = {begin + static_cast<Step>(step), row, k, static_cast<uint32_t>(number)};
    next += number != 0;
  };
  if (n == 1) {
    to.numbers.OfPositions(key, stream_, first, 0, pairs, to.first.data(), to.second.data());
    for (size_t pair = 0; pair < pairs; ++pair) {
      add(2 * pair + 1, first, to.first[pair]);
      if (2 * pair + 2 <= steps) add(2 * pair + 2, first, to.second[pair]);
    }
  } else {
    for (size_t pair = 0; pair < pairs; ++pair) {
      to.numbers.OfIndices(key, stream_, first, pair, n, to.first.data(), to.second.data());
      for (uint32_t k = 0; k < n; ++k) add(2 * pair + 1, first + k, to.first[k]);
      if (2 * pair + 2 > steps) break;
      for (uint32_t k = 0; k < n; ++k) add(2 * pair + 2, first + k, to.second[k]);
    }
  }
  to.drawn.resize(static_cast<size_t>(next - to.drawn.data()));
}

}  // namespace spiked::engine
