#include "server/engine/connect.h"

#include <array>
#include <cmath>
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
  using Visit = absl::FunctionRef<void(std::span<const Connection>)>;

  explicit Batch(Visit visit) : visit_(visit) {}
  void Add(uint32_t source, uint32_t target) {
    connections_[size_++] = {source, target};
    if (size_ == connections_.size()) Flush();
  }
  void Flush() {
    if (size_ > 0) visit_(std::span(connections_).first(size_));
    size_ = 0;
  }

 private:
  Visit visit_;
  size_t size_ = 0;
  std::array<Connection, 512> connections_;
};

// Draws `count` of the numbers below n for each of `groups` groups, and calls
// `emit(group, number)`. `skip_self` never gives a group its own number.
template <typename Emit>
void DrawForEach(uint32_t groups, uint32_t n, uint32_t count, bool skip_self, bool distinct,
                 RandomKey key, uint32_t stream, const Emit& emit) {
  // drawn_for[x] == group + 1: x was drawn for this group already.
  std::vector<uint32_t> drawn_for(distinct ? n : 0);
  for (uint32_t group = 0; group < groups; ++group) {
    RandomDraws draws(key, stream, group);
    const uint32_t candidates = n - (skip_self ? 1 : 0);
    // Distinct numbers are drawn until there are enough; where they are more
    // than half of all, those to leave out are drawn instead.
    const bool complement = distinct && count > candidates / 2;
    const uint32_t draws_needed = complement ? candidates - count : count;
    for (uint32_t k = 0; k < draws_needed;) {
      const auto x = static_cast<uint32_t>(draws.Below(n));
      if (skip_self && x == group) continue;
      if (distinct) {
        if (drawn_for[x] == group + 1) continue;
        drawn_for[x] = group + 1;
      }
      if (!complement) emit(group, x);
      ++k;
    }
    if (!complement) continue;
    for (uint32_t x = 0; x < n; ++x) {
      if (drawn_for[x] != group + 1 && !(skip_self && x == group)) emit(group, x);
    }
  }
}

absl::Status CheckDegree(absl::string_view field, uint32_t degree, uint32_t candidates,
                         bool exclude_autapses, bool same_population, bool exclude_multapses) {
  const uint32_t available = candidates - (exclude_autapses && same_population ? 1 : 0);
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
                       shape.same_population, r.exclude_multapses);
  }
  absl::Status operator()(const FixedOutdegree& r) const {
    return CheckDegree("fixed_outdegree.outdegree", r.outdegree, shape.targets, r.exclude_autapses,
                       shape.same_population, r.exclude_multapses);
  }
  absl::Status operator()(const PairwiseBernoulli& r) const {
    if (r.probability >= 0 && r.probability <= 1) return absl::OkStatus();
    return InvalidField("pairwise_bernoulli.probability",
                        absl::StrFormat("must be from 0 to 1, not %s", ToText(r.probability)));
  }
  absl::Status operator()(const FixedTotalNumber& r) const {
    if (!(r.exclude_autapses && shape.same_population && shape.sources == 1)) {
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
    return exclude_autapses && shape.same_population ? all - shape.sources : all;
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

  void operator()(const std::monostate&) const {}
  void operator()(const OneToOne&) const {
    for (uint32_t k = 0; k < shape.sources; ++k) batch.Add(k, k);
  }
  void operator()(const AllToAll& r) const {
    const bool skip = SkipsSelf(r.exclude_autapses);
    for (uint32_t i = 0; i < shape.sources; ++i) {
      for (uint32_t j = 0; j < shape.targets; ++j) {
        if (!(skip && i == j)) batch.Add(i, j);
      }
    }
  }
  void operator()(const FixedIndegree& r) const {
    DrawForEach(shape.targets, shape.sources, r.indegree, SkipsSelf(r.exclude_autapses),
                r.exclude_multapses, key, stream,
                [this](uint32_t target, uint32_t source) { batch.Add(source, target); });
  }
  void operator()(const FixedOutdegree& r) const {
    DrawForEach(shape.sources, shape.targets, r.outdegree, SkipsSelf(r.exclude_autapses),
                r.exclude_multapses, key, stream,
                [this](uint32_t source, uint32_t target) { batch.Add(source, target); });
  }
  void operator()(const PairwiseBernoulli& r) const {
    if (r.probability == 0) return;
    const bool skip = SkipsSelf(r.exclude_autapses);
    const BernoulliGaps gap(r.probability);
    for (uint32_t j = 0; j < shape.targets; ++j) {
      // From one connection to the next by the number of misses in between.
      RandomDraws draws(key, stream, j);
      for (uint64_t i = gap(draws); i < shape.sources; i += 1 + gap(draws)) {
        if (!(skip && i == j)) batch.Add(static_cast<uint32_t>(i), j);
      }
    }
  }
  void operator()(const FixedTotalNumber& r) const {
    const bool skip = SkipsSelf(r.exclude_autapses);
    RandomDraws draws(key, stream, 0);
    for (uint64_t k = 0; k < r.connections;) {
      const auto i = static_cast<uint32_t>(draws.Below(shape.sources));
      const auto j = static_cast<uint32_t>(draws.Below(shape.targets));
      if (skip && i == j) continue;
      batch.Add(i, j);
      ++k;
    }
  }
  void operator()(const ExplicitPairs& r) const {
    for (size_t k = 0; k < r.sources.size(); ++k) batch.Add(r.sources[k], r.targets[k]);
  }
};

}  // namespace

absl::Status CheckRule(const ConnectionRule& rule, const ConnectionShape& shape) {
  return std::visit(Checker{shape}, rule);
}

uint64_t ExpectedConnections(const ConnectionRule& rule, const ConnectionShape& shape) {
  return std::visit(Counter{shape}, rule);
}

void VisitConnections(const ConnectionRule& rule, const ConnectionShape& shape, RandomKey key,
                      uint32_t stream, Batch::Visit visit) {
  Batch batch(visit);
  std::visit(Visitor{shape, key, stream, batch}, rule);
  batch.Flush();
}

bool GoesBySource(const ConnectionRule& rule) {
  return std::holds_alternative<OneToOne>(rule) || std::holds_alternative<AllToAll>(rule) ||
         std::holds_alternative<FixedOutdegree>(rule);
}

}  // namespace spiked::engine
