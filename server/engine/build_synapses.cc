// Drawing and sorting the connections of a projection.
//
// Connections come in an order of their own and have to lie by source, block and
// delay. Sorted in one go each of them would go to a place in memory of its own,
// and miss every cache; so they are first dealt out to ranges of rows, called
// portions, each small enough to stay at hand while it is sorted. Weights and
// delays are drawn portion by portion, too, which threads can share out.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/engine/crew.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/engine/pace.h"
#include "server/engine/synapses.h"
#include "server/engine/values.h"

namespace spiked::engine {
namespace {

// Of a portion, on average: what a core keeps at hand.
constexpr uint64_t kPortionSynapses = 1 << 15;
constexpr uint64_t kPortionCells = 1 << 17;
// Work of a connection that is dealt out, and that is sorted.
constexpr uint64_t kDealWork = 4, kSortWork = 16;
// Portions sorted at a time where they come one after another.
constexpr size_t kPortionsAtATime = 16;

struct Numbered {
  uint32_t source, target;
  uint32_t number;  // in order of connection
};

// Orders connections by their keys, which are from `least` to `most`; those with
// equal keys keep their order. An empty order stands for 0 ... n-1.
void OrderBy(const std::pmr::vector<uint32_t>& keys, uint32_t least, uint32_t most,
             std::pmr::vector<uint32_t>* order) {
  if (order->empty()) {
    order->resize(keys.size());
    std::iota(order->begin(), order->end(), 0);
  }
  if (most - least > 4 * keys.size()) {  // more counters than connections
    std::ranges::stable_sort(*order, {}, [&](uint32_t k) { return keys[k]; });
    return;
  }
  std::pmr::vector<uint32_t> next(most - least + 2, keys.get_allocator());
  for (const uint32_t key : keys) ++next[key - least + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::pmr::vector<uint32_t> sorted(keys.size(), keys.get_allocator());
  for (const uint32_t k : *order) sorted[next[keys[k] - least]++] = k;
  order->swap(sorted);
}

}  // namespace

class SynapseSorter {
 public:
  SynapseSorter(const ProjectionSpec& spec, const ConnectionShape& shape, const Grid& grid,
                RandomKey key, uint32_t number, uint32_t block_targets, Crew* crew, Memory memory,
                Pace* pace)
      : memory_(memory),
        spec_(spec),
        shape_(shape),
        rows_(shape.SourceSize()),
        grid_(grid),
        crew_(crew),
        pace_(pace),
        weight_(spec.weight, key, StreamOf(Purpose::kWeights, number)),
        delay_(spec.delay_ms, key, StreamOf(Purpose::kDelays, number)),
        portions_(memory),
        s_(memory) {
    s_.block_targets_ = block_targets;
    s_.blocks_ = (shape.TargetSize() - 1) / block_targets + 1;
    const uint64_t expected = ExpectedConnections(spec.rule, shape);
    const auto small_enough = [&](int bits) {
      return expected < (kPortionSynapses * rows_) >> bits &&
             uint64_t{s_.blocks_} << bits <= kPortionCells;
    };
    while (uint64_t{1} << row_bits_ < rows_ && small_enough(row_bits_ + 1)) ++row_bits_;
    const size_t portions = ((rows_ - 1) >> row_bits_) + 1;
    portions_.reserve(portions);
    for (size_t p = 0; p < portions; ++p) portions_.emplace_back(memory);
    // Few of those whose sizes are drawn will have to grow.
    const double mean = static_cast<double>(expected) / rows_ *
                        std::min(std::ldexp(1.0, row_bits_), double{1} * rows_);
    reserved_ = static_cast<size_t>(mean + 4 * std::sqrt(mean));
  }

  absl::StatusOr<Synapses> Build(RandomKey key, uint32_t stream) {
    const size_t cells = size_t{rows_} * s_.blocks_ + 1;
    if (!FillUp(&s_.cell_begin_, cells, 0, pace_)) return Stopped();
    if (!one_delay_ && !FillUp(&s_.run_begin_, cells, 0, pace_)) return Stopped();
    // Where sources ascend, portions are complete as soon as the next ones begin.
    const bool by_source =
        GoesBySource(spec_.rule) && std::ranges::is_sorted(shape_.source_neurons);
    if (by_source && !Allocate(ExpectedConnections(spec_.rule, shape_))) return Stopped();
    uint32_t number = 0;
    size_t sorted = 0;
    const auto deal_out = [&](std::span<const Connection> batch) {
      for (const auto& [i, j] : batch) {
        const uint32_t source = shape_.Source(i), target = shape_.Target(j);
        const size_t p = source >> row_bits_;
        std::pmr::vector<Numbered>& connections = portions_[p].connections;
        if (connections.empty()) {
          if (by_source && p >= sorted + kPortionsAtATime) {
            if (!Sort(sorted, p)) return false;
            sorted = p;
          }
          connections.reserve(reserved_);
        }
        connections.push_back({source, target, number++});
      }
      return !Spend(pace_, kDealWork * batch.size());
    };
    if (!VisitConnections(spec_.rule, shape_, key, stream, deal_out)) return Stopped();
    if (!by_source && !Allocate(number)) return Stopped();
    if (!Sort(sorted, portions_.size())) return Stopped();
    for (const Portion& p : portions_) {
      if (!p.problem.ok()) return p.problem;
    }
    s_.cell_begin_.back() = number;
    NoteDelays();
    return std::move(s_);
  }

 private:
  // The connections of 2^row_bits_ sources.
  struct Portion {
    explicit Portion(Memory memory) : connections(memory), runs(memory) {}
    std::pmr::vector<Numbered> connections;  // until they are sorted
    absl::Status problem;
    std::pmr::vector<Synapses::Run> runs;
    uint32_t shortest = std::numeric_limits<uint32_t>::max(), longest = 0;
  };

  bool Allocate(size_t count) {
    if (!FillUp(&s_.targets_, count, 0, pace_)) return false;
    const auto* weight = std::get_if<double>(&spec_.weight);
    if (weight == nullptr) return FillUp(&s_.state_.weights, count, 0.0, pace_);
    s_.state_.weights.assign(1, *weight);
    return true;
  }

  // Sorts portions [first, end); those before are sorted. As many at a time as
  // there are threads, since a portion takes long already.
  bool Sort(size_t first, size_t end) {
    std::pmr::vector<uint32_t> begins(memory_);
    while (first < end) {
      const size_t threads = crew_ != nullptr ? static_cast<size_t>(crew_->size()) : 1;
      const size_t n = std::min(end - first, threads);
      begins.clear();
      uint64_t most = 0;
      for (size_t p = first; p < first + n; ++p) {
        const uint64_t connections = portions_[p].connections.size();
        begins.push_back(begin_);
        begin_ += static_cast<uint32_t>(connections);
        most = std::max(most, connections);
      }
      const auto sort = [&](uint32_t k) { SortPortion(first + k, begins[k]); };
      if (n > 1) {
        crew_->ForEach(static_cast<uint32_t>(n), sort);
      } else {
        sort(0);
      }
      first += n;
      if (Spend(pace_, kSortWork * most)) return false;
    }
    return true;
  }

  // Puts the connections of a portion to places from `begin` on.
  void SortPortion(size_t p, uint32_t begin) {
    Portion& portion = portions_[p];
    const std::pmr::vector<Numbered> connections = std::move(portion.connections);
    const size_t n = connections.size();
    std::pmr::vector<double> weights(memory_);
    std::pmr::vector<uint32_t> delays(memory_);
    if (auto s = Draw(connections, &portion, &weights, &delays); !s.ok()) {
      portion.problem = s;
      return;
    }
    std::pmr::vector<uint32_t> order(memory_);
    if (portion.shortest < portion.longest) {
      OrderBy(delays, portion.shortest, portion.longest, &order);
    }
    // Of blocks of several ranges.
    if (std::min(s_.block_targets_, shape_.TargetSize()) > Synapses::kRangeTargets) {
      std::pmr::vector<uint32_t> ranges(n, memory_);
      for (size_t k = 0; k < n; ++k) ranges[k] = connections[k].target / Synapses::kRangeTargets;
      OrderBy(ranges, 0, (shape_.TargetSize() - 1) / Synapses::kRangeTargets, &order);
    }

    const size_t row = p << row_bits_;
    const size_t rows = std::min<size_t>(rows_ - row, size_t{1} << row_bits_);
    const std::span cells = std::span(s_.cell_begin_).subspan(row * s_.blocks_, rows * s_.blocks_);
    std::pmr::vector<uint32_t> cell_of(n, memory_), next(cells.size() + 1, memory_);
    for (size_t k = 0; k < n; ++k) {
      cell_of[k] = static_cast<uint32_t>((connections[k].source - row) * s_.blocks_ +
                                         connections[k].target / s_.block_targets_);
      ++next[cell_of[k] + 1];
    }
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (size_t c = 0; c < cells.size(); ++c) cells[c] = begin + next[c];
    std::pmr::vector<uint32_t> sorted_delays(delays.size(), memory_);
    for (size_t k = 0; k < n; ++k) {
      const size_t from = order.empty() ? k : order[k];
      const uint32_t place = next[cell_of[from]]++;
      s_.targets_[begin + place] = connections[from].target;
      if (!weights.empty()) s_.state_.weights[begin + place] = weights[from];
      if (!delays.empty()) sorted_delays[place] = delays[from];
    }
    if (one_delay_) return;

    // Where the delay changes; `next` are the ends of the cells now.
    const std::span runs = std::span(s_.run_begin_).subspan(row * s_.blocks_, cells.size());
    for (size_t c = 0; c < cells.size(); ++c) {
      runs[c] = static_cast<uint32_t>(portion.runs.size());
      for (uint32_t k = cells[c] - begin; k < next[c]; ++k) {
        if (k + begin == cells[c] || sorted_delays[k] != sorted_delays[k - 1]) {
          portion.runs.push_back({begin + k, sorted_delays[k]});
        }
      }
    }
  }

  // Weights and delays of connections, as far as they have ones of their own.
  absl::Status Draw(const std::pmr::vector<Numbered>& connections, Portion* portion,
                    std::pmr::vector<double>* weights, std::pmr::vector<uint32_t>* delays) const {
    const bool one_weight = std::holds_alternative<double>(spec_.weight);
    if (one_weight && one_delay_) return absl::OkStatus();
    std::pmr::vector<uint32_t> numbers(memory_);
    numbers.reserve(connections.size());
    for (const Numbered& c : connections) numbers.push_back(c.number);
    if (!one_weight) {
      weights->resize(numbers.size());
      if (auto s = weight_.Fill(numbers, *weights); !s.ok()) {
        return InvalidField("weight", std::string(s.message()));
      }
    }
    if (one_delay_) return absl::OkStatus();
    std::pmr::vector<double> all_ms(numbers.size(), memory_);
    if (auto s = delay_.Fill(numbers, all_ms); !s.ok()) {
      return InvalidField("delay_ms", std::string(s.message()));
    }
    delays->reserve(numbers.size());
    for (const double ms : all_ms) {
      const double steps = std::round(ms / grid_.resolution_ms());
      if (!(steps >= 1 && steps <= kMaxDelaySteps)) {
        return InvalidField(
            "delay_ms",
            absl::StrFormat("a delay of %s ms was drawn; bound the distribution so that "
                            "delays are at least one step (%s ms)",
                            ToText(ms), ToText(grid_.resolution_ms())));
      }
      delays->push_back(static_cast<uint32_t>(steps));
      portion->shortest = std::min(portion->shortest, delays->back());
      portion->longest = std::max(portion->longest, delays->back());
    }
    return absl::OkStatus();
  }

  // The shortest and longest delay and, unless they are the same, all runs.
  void NoteDelays() {
    if (one_delay_ || s_.targets_.empty()) {
      const auto* ms = std::get_if<double>(&spec_.delay_ms);
      const Step steps = ms == nullptr ? 1 : grid_.ToSteps(*ms).value_or(1);
      s_.delays_ = {steps, steps};
    } else {
      s_.delays_ = {std::ranges::min_element(portions_, {}, &Portion::shortest)->shortest,
                    std::ranges::max_element(portions_, {}, &Portion::longest)->longest};
    }
    if (s_.uniform_delay()) {
      s_.run_begin_.clear();
      s_.run_begin_.shrink_to_fit();
      return;
    }
    size_t count = 0;
    for (const Portion& p : portions_) count += p.runs.size();
    s_.runs_.reserve(count);
    const size_t cells_in_portion = size_t{s_.blocks_} << row_bits_;
    for (size_t p = 0; p < portions_.size(); ++p) {
      const auto before = static_cast<uint32_t>(s_.runs_.size());
      const size_t end = std::min((p + 1) * cells_in_portion, s_.run_begin_.size() - 1);
      for (size_t c = p * cells_in_portion; c < end; ++c) s_.run_begin_[c] += before;
      const std::pmr::vector<Synapses::Run> runs = std::move(portions_[p].runs);
      s_.runs_.insert(s_.runs_.end(), runs.begin(), runs.end());
    }
    s_.run_begin_.back() = static_cast<uint32_t>(count);
  }

  Memory memory_;
  const ProjectionSpec& spec_;
  const ConnectionShape& shape_;
  const uint32_t rows_;
  const Grid& grid_;
  Crew* crew_;
  Pace* pace_;
  Sampler weight_, delay_;
  const bool one_delay_ = std::holds_alternative<double>(spec_.delay_ms);
  int row_bits_ = 0;
  std::pmr::vector<Portion> portions_;
  size_t reserved_;     // connections of each
  uint32_t begin_ = 0;  // of the next portion to sort
  Synapses s_;
};

absl::StatusOr<Synapses> Synapses::Build(const ProjectionSpec& spec, const ConnectionShape& shape,
                                         const Grid& grid, RandomKey key, uint32_t number,
                                         uint32_t block_targets, Crew* crew, Memory memory,
                                         Pace* pace) {
  return SynapseSorter(spec, shape, grid, key, number, block_targets, crew, memory, pace)
      .Build(key, StreamOf(Purpose::kConnections, number));
}

}  // namespace spiked::engine
