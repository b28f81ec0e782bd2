#include "server/engine/connect.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/math/bernoulli.h"
#include "server/engine/number.h"

namespace spiked::engine {
namespace {

// Hands connections on when there are enough of them.
class Batch {
 public:
  using Visit = absl::FunctionRef<bool(std::span<const Connection>)>;

  explicit Batch(Visit visit) : visit_(visit) {}
  // False once no more are wanted.
  bool Add(uint32_t source, uint32_t target) {
    connections_[size_++] = {source, target};
    return size_ < connections_.size() || Flush();
  }
  bool Flush() {
    wanted_ = wanted_ && (size_ == 0 || visit_(std::span(connections_).first(size_)));
    size_ = 0;
    return wanted_;
  }

 private:
  Visit visit_;
  bool wanted_ = true;
  size_t size_ = 0;
  std::array<Connection, 512> connections_;
};

// A number that nothing has.
constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

// Of each neuron of `ones` the place of the same neuron among `others`; kNone where it is
// not among them. Empty spans stand for all of `n_ones` and `n_others`.
std::vector<uint32_t> PlacesAmong(std::span<const uint32_t> ones, uint32_t n_ones,
                                  std::span<const uint32_t> others, uint32_t n_others) {
  std::unordered_map<uint32_t, uint32_t> place;
  for (uint32_t k = 0; k < others.size(); ++k) place[others[k]] = k;
  std::vector<uint32_t> places(n_ones);
  for (uint32_t k = 0; k < n_ones; ++k) {
    const uint32_t neuron = ones.empty() ? k : ones[k];
    if (others.empty()) {
      places[k] = neuron < n_others ? neuron : kNone;
    } else {
      const auto it = place.find(neuron);
      places[k] = it == place.end() ? kNone : it->second;
    }
  }
  return places;
}

// Draws `count` of the numbers below n for each of `groups` groups, and calls
// `emit(group, number)` until it returns false; never gives a group the number that
// `own` has for it, if any.
template <typename Emit>
void DrawForEach(uint32_t groups, uint32_t n, uint32_t count, const std::vector<uint32_t>& own,
                 bool distinct, RandomKey key, uint32_t stream, const Emit& emit) {
  // drawn_for[x] == group + 1: x was drawn for this group already.
  std::vector<uint32_t> drawn_for(distinct ? n : 0);
  for (uint32_t group = 0; group < groups; ++group) {
    RandomDraws draws(key, stream, group);
    const uint32_t self = own.empty() ? kNone : own[group];
    const uint32_t candidates = n - (self != kNone ? 1 : 0);
    // Distinct numbers are drawn until there are enough; where they are more
    // than half of all, those to leave out are drawn instead.
    const bool complement = distinct && count > candidates / 2;
    const uint32_t draws_needed = complement ? candidates - count : count;
    for (uint32_t k = 0; k < draws_needed;) {
      const auto x = static_cast<uint32_t>(draws.Below(n));
      if (x == self) continue;
      if (distinct) {
        if (drawn_for[x] == group + 1) continue;
        drawn_for[x] = group + 1;
      }
      if (!complement && !emit(group, x)) return;
      ++k;
    }
    if (!complement) continue;
    for (uint32_t x = 0; x < n; ++x) {
      if (drawn_for[x] != group + 1 && x != self && !emit(group, x)) return;
    }
  }
}

// How many pairs are of a neuron with itself.
uint64_t Autapses(const ConnectionShape& shape) {
  if (!shape.same_population) return 0;
  if (shape.source_neurons.empty() && shape.target_neurons.empty()) return shape.sources;
  const auto places =
      PlacesAmong(shape.source_neurons, shape.sources, shape.target_neurons, shape.targets);
  return places.size() - static_cast<size_t>(std::ranges::count(places, kNone));
}

absl::Status CheckDegree(absl::string_view field, uint32_t degree, uint32_t candidates,
                         bool exclude_autapses, const ConnectionShape& shape,
                         bool exclude_multapses) {
  const uint32_t available = candidates - (exclude_autapses && Autapses(shape) > 0 ? 1 : 0);
  if (degree == 0) return absl::OkStatus();
  if (available == 0) return InvalidField(field, "leaves no neuron to connect to");
  if (exclude_multapses && degree > available) {
    return InvalidField(
        field, absl::StrFormat("must be at most %d, as no pair may occur twice", available));
  }
  return absl::OkStatus();
}

struct Checker {
  const ConnectionShape& shape;

  absl::Status operator()(const std::monostate&) const {
    return InvalidField("", "must name one of the rules");
  }
  absl::Status operator()(const OneToOne&) const {
    if (shape.sources == shape.targets) return absl::OkStatus();
    return InvalidField("one_to_one",
                        absl::StrFormat("needs populations of equal size, not %d and %d",
                                        shape.sources, shape.targets));
  }
  absl::Status operator()(const AllToAll&) const { return absl::OkStatus(); }
  absl::Status operator()(const FixedIndegree& r) const {
    return CheckDegree("fixed_indegree.indegree", r.indegree, shape.sources, r.exclude_autapses,
                       shape, r.exclude_multapses);
  }
  absl::Status operator()(const FixedOutdegree& r) const {
    return CheckDegree("fixed_outdegree.outdegree", r.outdegree, shape.targets, r.exclude_autapses,
                       shape, r.exclude_multapses);
  }
  absl::Status operator()(const PairwiseBernoulli& r) const {
    if (r.probability >= 0 && r.probability <= 1) return absl::OkStatus();
    return InvalidField("pairwise_bernoulli.probability",
                        absl::StrFormat("must be from 0 to 1, not %s", ToText(r.probability)));
  }
  absl::Status operator()(const FixedTotalNumber& r) const {
    const uint64_t pairs = uint64_t{shape.sources} * shape.targets;
    if (r.connections == 0 || !r.exclude_autapses || Autapses(shape) < pairs) {
      return absl::OkStatus();
    }
    return InvalidField("fixed_total_number", "leaves no pair to connect");
  }
  absl::Status operator()(const ExplicitPairs& r) const {
    if (r.sources.size() != r.targets.size()) {
      return InvalidField("explicit_pairs.targets",
                          absl::StrFormat("has %d entries where sources has %d", r.targets.size(),
                                          r.sources.size()));
    }
    for (size_t k = 0; k < r.sources.size(); ++k) {
      if (r.sources[k] >= shape.sources) {
        return InvalidField(absl::StrCat("explicit_pairs.sources[", k, "]"),
                            absl::StrFormat("must be below %d, the size of the source, not %d",
                                            shape.sources, r.sources[k]));
      }
      if (r.targets[k] >= shape.targets) {
        return InvalidField(absl::StrCat("explicit_pairs.targets[", k, "]"),
                            absl::StrFormat("must be below %d, the size of the target, not %d",
                                            shape.targets, r.targets[k]));
      }
    }
    return absl::OkStatus();
  }
};

struct Counter {
  const ConnectionShape& shape;

  uint64_t Pairs(bool exclude_autapses) const {
    const uint64_t all = uint64_t{shape.sources} * shape.targets;
    return exclude_autapses ? all - Autapses(shape) : all;
  }
  uint64_t operator()(const std::monostate&) const { return 0; }
  uint64_t operator()(const OneToOne&) const { return shape.sources; }
  uint64_t operator()(const AllToAll& r) const { return Pairs(r.exclude_autapses); }
  uint64_t operator()(const FixedIndegree& r) const { return uint64_t{shape.targets} * r.indegree; }
  uint64_t operator()(const FixedOutdegree& r) const {
    return uint64_t{shape.sources} * r.outdegree;
  }
  uint64_t operator()(const PairwiseBernoulli& r) const {
    return static_cast<uint64_t>(
        std::llround(r.probability * static_cast<double>(Pairs(r.exclude_autapses))));
  }
  uint64_t operator()(const FixedTotalNumber& r) const { return r.connections; }
  uint64_t operator()(const ExplicitPairs& r) const { return r.sources.size(); }
};

struct Visitor {
  const ConnectionShape& shape;
  RandomKey key;
  uint32_t stream;
  Batch& batch;

  bool SkipsSelf(bool exclude_autapses) const { return exclude_autapses && shape.same_population; }
  bool IsSelf(uint32_t i, uint32_t j) const { return shape.Source(i) == shape.Target(j); }

  void operator()(const std::monostate&) const {}
  void operator()(const OneToOne&) const {
    for (uint32_t k = 0; k < shape.sources && batch.Add(k, k); ++k) {
    }
  }
  void operator()(const AllToAll& r) const {
    const bool skip = SkipsSelf(r.exclude_autapses);
    for (uint32_t i = 0; i < shape.sources; ++i) {
      for (uint32_t j = 0; j < shape.targets; ++j) {
        if (!(skip && IsSelf(i, j)) && !batch.Add(i, j)) return;
      }
    }
  }
  void operator()(const FixedIndegree& r) const {
    std::vector<uint32_t> own;
    if (SkipsSelf(r.exclude_autapses)) {
      own = PlacesAmong(shape.target_neurons, shape.targets, shape.source_neurons, shape.sources);
    }
    DrawForEach(shape.targets, shape.sources, r.indegree, own, r.exclude_multapses, key, stream,
                [this](uint32_t target, uint32_t source) { return batch.Add(source, target); });
  }
  void operator()(const FixedOutdegree& r) const {
    std::vector<uint32_t> own;
    if (SkipsSelf(r.exclude_autapses)) {
      own = PlacesAmong(shape.source_neurons, shape.sources, shape.target_neurons, shape.targets);
    }
    DrawForEach(shape.sources, shape.targets, r.outdegree, own, r.exclude_multapses, key, stream,
                [this](uint32_t source, uint32_t target) { return batch.Add(source, target); });
  }
  void operator()(const PairwiseBernoulli& r) const {
    if (r.probability == 0) return;
    const bool skip = SkipsSelf(r.exclude_autapses);
    const BernoulliGaps gap(r.probability);
    for (uint32_t j = 0; j < shape.targets; ++j) {
      // From one connection to the next by the number of misses in between.
      RandomDraws draws(key, stream, j);
      for (uint64_t i = gap(draws); i < shape.sources; i += 1 + gap(draws)) {
        const auto source = static_cast<uint32_t>(i);
        if (!(skip && IsSelf(source, j)) && !batch.Add(source, j)) return;
      }
    }
  }
  void operator()(const FixedTotalNumber& r) const {
    const bool skip = SkipsSelf(r.exclude_autapses);
    RandomDraws draws(key, stream, 0);
    for (uint64_t k = 0; k < r.connections;) {
      const auto i = static_cast<uint32_t>(draws.Below(shape.sources));
      const auto j = static_cast<uint32_t>(draws.Below(shape.targets));
      if (skip && IsSelf(i, j)) continue;
      if (!batch.Add(i, j)) return;
      ++k;
    }
  }
  void operator()(const ExplicitPairs& r) const {
    for (size_t k = 0; k < r.sources.size() && batch.Add(r.sources[k], r.targets[k]); ++k) {
    }
  }
};

}  // namespace

ConnectionShape ShapeOf(const ProjectionSpec& spec, uint32_t source_size, uint32_t target_size,
                        std::span<const uint32_t> source_neurons,
                        std::span<const uint32_t> target_neurons) {
  const auto number = [](std::span<const uint32_t> neurons, uint32_t size) {
    return neurons.empty() ? size : static_cast<uint32_t>(neurons.size());
  };
  return {.sources = number(source_neurons, source_size),
          .targets = number(target_neurons, target_size),
          .same_population = spec.source == spec.target,
          .source_neurons = source_neurons,
          .target_neurons = target_neurons,
          .source_size = source_size,
          .target_size = target_size};
}

absl::Status CheckRule(const ConnectionRule& rule, const ConnectionShape& shape) {
  return std::visit(Checker{shape}, rule);
}

uint64_t ExpectedConnections(const ConnectionRule& rule, const ConnectionShape& shape) {
  return std::visit(Counter{shape}, rule);
}

bool VisitConnections(const ConnectionRule& rule, const ConnectionShape& shape, RandomKey key,
                      uint32_t stream, Batch::Visit visit) {
  Batch batch(visit);
  std::visit(Visitor{shape, key, stream, batch}, rule);
  return batch.Flush();
}

bool GoesBySource(const ConnectionRule& rule) {
  return std::holds_alternative<OneToOne>(rule) || std::holds_alternative<AllToAll>(rule) ||
         std::holds_alternative<FixedOutdegree>(rule);
}

std::vector<uint32_t> NeuronsOf(const Selection& selection) {
  if (const auto* list = std::get_if<std::vector<uint32_t>>(&selection)) return *list;
  std::vector<uint32_t> neurons;
  if (const auto* range = std::get_if<NeuronRange>(&selection)) {
    neurons.resize(range->count);
    for (uint32_t k = 0; k < range->count; ++k) neurons[k] = range->first + k * range->step;
  }
  return neurons;
}

absl::Status CheckSelection(const Selection& selection, uint32_t size, absl::string_view field) {
  if (const auto* range = std::get_if<NeuronRange>(&selection)) {
    const std::string inside = absl::StrCat(field, ".range");
    if (range->count == 0) {
      return InvalidField(absl::StrCat(inside, ".count"), "must be at least 1");
    }
    if (range->step == 0) return InvalidField(absl::StrCat(inside, ".step"), "must be at least 1");
    const uint64_t last = range->first + uint64_t{range->count - 1} * range->step;
    if (last < size) return absl::OkStatus();
    return InvalidField(inside,
                        absl::StrFormat("ends with neuron %d; the population has %d", last, size));
  }
  const auto* list = std::get_if<std::vector<uint32_t>>(&selection);
  if (list == nullptr) return absl::OkStatus();
  const auto entry = [&](size_t k) { return absl::StrCat(field, ".list.indices[", k, "]"); };
  if (list->empty()) {
    return InvalidField(absl::StrCat(field, ".list.indices"), "must name at least one neuron");
  }
  std::unordered_set<uint32_t> seen;
  for (size_t k = 0; k < list->size(); ++k) {
    const uint32_t neuron = (*list)[k];
    if (neuron >= size) {
      return InvalidField(
          entry(k),
          absl::StrFormat("must be below %d, the size of the population, not %d", size, neuron));
    }
    if (!seen.insert(neuron).second) {
      return InvalidField(entry(k), absl::StrFormat("neuron %d occurs twice", neuron));
    }
  }
  return absl::OkStatus();
}

}  // namespace spiked::engine
