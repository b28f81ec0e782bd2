#include "server/engine/network.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/nearest.h"
#include "server/engine/number.h"
#include "server/engine/pace.h"
#include "server/engine/runtime.h"
#include "server/engine/values.h"
#include "server/engine/weight_bounds.h"

namespace spiked::engine {
namespace {

int Find(const ByName<int>& numbers, absl::string_view name) {
  const auto it = numbers.find(name);
  return it == numbers.end() ? -1 : it->second;
}

// Senders within a population, and as many of them as of the other columns.
absl::Status CheckColumns(std::span<const uint32_t> senders, uint32_t size, size_t times,
                          absl::string_view times_field) {
  if (times != senders.size()) {
    return InvalidField(
        times_field, absl::StrFormat("has %d entries where senders has %d", times, senders.size()));
  }
  for (size_t k = 0; k < senders.size(); ++k) {
    if (senders[k] >= size) {
      return InvalidField(absl::StrCat("senders[", k, "]"),
                          absl::StrFormat("must be below %d, the size of the population, not %d",
                                          size, senders[k]));
    }
  }
  return absl::OkStatus();
}

// The first entry whose time is not behind the one before of the same sender;
// their number if there is none.
template <typename InOrder>
size_t FirstDescent(std::span<const uint32_t> senders, std::span<const Step> times,
                    InOrder in_order) {
  const auto not_in_order = [&](Step one, Step next) { return !in_order(one, next); };
  // Mostly they ascend as a whole.
  if (std::ranges::adjacent_find(times, not_in_order) == times.end()) return senders.size();
  std::unordered_map<uint32_t, Step> last;
  for (size_t k = 0; k < senders.size(); ++k) {
    const auto [it, fresh] = last.try_emplace(senders[k], times[k]);
    if (!fresh && !in_order(it->second, times[k])) return k;
    it->second = times[k];
  }
  return senders.size();
}

}  // namespace

Network::Impl::Impl(std::string name, const NetworkContext& context)
    : memory_(context.memory),
      name_(std::move(name)),
      context_(context),
      key_(DeriveKey(KeyOf(context.seed), StreamOf(Purpose::kKeys, 0), context.index)),
      device_key_(key_),
      populations_(&memory_),
      groups_(&memory_),
      projections_(&memory_),
      reach_(context.grid),
      slice_(reach_.slice()),
      horizon_(reach_.horizon()),
      extended_(context.begin),
      now_(context.begin),
      slice_begin_(context.begin),
      slice_end_(context.begin + slice_),
      spikes_(&memory_),
      blocks_(&memory_) {
  blocks_.emplace_back(&memory_);
}

Network::Network(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Network::~Network() = default;

absl::StatusOr<std::unique_ptr<Network>> Network::Build(std::string name, const NetworkSpec& spec,
                                                        const NetworkContext& context, Crew* crew,
                                                        Pace* pace) {
  if (auto size = CheckSpec(spec, context.grid); !size.ok()) return size.status();
  auto impl = std::make_unique<Impl>(std::move(name), context);
  if (auto s = impl->Extend(spec, crew, pace); !s.ok()) return s;
  return std::unique_ptr<Network>(new Network(std::move(impl)));
}

absl::Status Network::Extend(const NetworkSpec& additions, Crew* crew, Pace* pace) {
  if (auto size = CheckSpec(additions, impl_->context_.grid, this); !size.ok()) {
    return size.status();
  }
  return impl_->Extend(additions, crew, pace);
}

const std::string& Network::name() const { return impl_->name_; }
NetworkSpec Network::spec() const { return ResolveSpec(impl_->spec_); }
NetworkSize Network::size() const { return impl_->Size(); }
Step Network::begin() const { return impl_->context_.begin; }
Step Network::now() const { return impl_->now_; }
uint64_t Network::number() const { return impl_->context_.index; }
Activity Network::TakeActivity() { return impl_->TakeActivity(); }

void Network::SetMirrored(int population, uint64_t network, int mirrored) {
  impl_->populations_[population].mirrored = {.network = network,
                                              .population = static_cast<uint32_t>(mirrored)};
}

int Network::FindPopulation(absl::string_view name) const {
  return Find(impl_->population_numbers_, name);
}
int Network::FindProjection(absl::string_view name) const {
  return Find(impl_->projection_numbers_, name);
}
int Network::FindMultimeter(absl::string_view name) const {
  return Find(impl_->multimeter_numbers_, name);
}
const std::vector<Network::PopulationInfo>& Network::populations() const {
  return impl_->population_infos_;
}
const std::vector<Network::ProjectionInfo>& Network::projections() const {
  return impl_->projection_infos_;
}
const std::vector<Network::MultimeterInfo>& Network::multimeters() const {
  return impl_->multimeter_infos_;
}

absl::Status Network::status() const { return impl_->status(); }
int Network::useful_threads() const { return static_cast<int>(impl_->blocks_.size()); }

NetworkSize Network::Impl::Size() const {
  NetworkSize size = {.neurons = 0, .synapses = 0, .bytes = memory_.bytes()};
  for (const RuntimePopulation& p : populations_) size.neurons += p.info.size;
  for (const RuntimeProjection& p : projections_) size.synapses += p.synapses.size();
  return size;
}

absl::Status Network::Impl::CheckInput(int population, Input input) const {
  const RuntimePopulation& p = populations_[population];
  if (p.model->input == input) return absl::OkStatus();
  std::vector<std::string> those;
  for (const ModelInfo& model : Models()) {
    if (model.input == input) those.emplace_back(model.name);
  }
  return InvalidField("", absl::StrCat("this input is for a ", absl::StrJoin(those, " or "), "; '",
                                       p.info.name, "' is ", WithArticle(p.info.model)));
}

absl::Status Network::Impl::CheckSpikeTrains(int population, std::span<const uint32_t> senders,
                                             std::span<const Step> stamps,
                                             std::span<const uint32_t> multiplicities) const {
  const RuntimePopulation& p = populations_[population];
  if (auto s = CheckInput(population, Input::kSpikeTrains); !s.ok()) return s;
  if (auto s = CheckColumns(senders, p.info.size, stamps.size(), "times_ms"); !s.ok()) return s;
  if (!multiplicities.empty() && multiplicities.size() != senders.size()) {
    return InvalidField("multiplicities", absl::StrFormat("has %d entries where senders has %d",
                                                          multiplicities.size(), senders.size()));
  }
  if (const auto early = std::ranges::find_if(stamps, [](Step stamp) { return stamp < 1; });
      early != stamps.end()) {
    return InvalidField(absl::StrCat("times_ms[", early - stamps.begin(), "]"),
                        "a stamp must be at least one step after time 0");
  }
  if (const size_t k = FirstDescent(senders, stamps, std::less_equal<>()); k < senders.size()) {
    return InvalidField(absl::StrCat("times_ms[", k, "]"),
                        absl::StrFormat("stamps of sender %d must ascend", senders[k]));
  }
  for (size_t k = 0; k < multiplicities.size(); ++k) {
    if (multiplicities[k] < 1 || multiplicities[k] > kMaxMultiplicity) {
      return InvalidField(
          absl::StrCat("multiplicities[", k, "]"),
          absl::StrFormat("must be from 1 to %d, not %d", kMaxMultiplicity, multiplicities[k]));
    }
  }
  return absl::OkStatus();
}

absl::Status Network::SetSpikeTrains(int population, std::span<const uint32_t> senders,
                                     std::span<const Step> stamps,
                                     std::span<const uint32_t> multiplicities, Pass pass) {
  if (pass != Pass::kApply) {
    if (auto s = impl_->CheckSpikeTrains(population, senders, stamps, multiplicities); !s.ok()) {
      return s;
    }
  }
  if (pass == Pass::kCheck) return absl::OkStatus();
  SpikeSchedule& schedule = *impl_->populations_[population].schedule;
  schedule.spikes.clear();
  schedule.next = 0;
  for (size_t k = 0; k < senders.size(); ++k) {
    if (stamps[k] <= impl_->now_) continue;
    schedule.spikes.push_back({.stamp = stamps[k],
                               .population = static_cast<uint32_t>(population),
                               .index = senders[k],
                               .multiplicity = multiplicities.empty() ? 1 : multiplicities[k]});
  }
  // Sorting takes memory, even where there is nothing to sort.
  if (!std::ranges::is_sorted(schedule.spikes, {}, &Spike::ByTime)) {
    std::ranges::stable_sort(schedule.spikes, {}, &Spike::ByTime);
  }
  return absl::OkStatus();
}

absl::Status Network::Impl::CheckCurrentSteps(int population, std::span<const uint32_t> senders,
                                              std::span<const Step> times,
                                              std::span<const double> amplitudes_pa) const {
  const RuntimePopulation& p = populations_[population];
  if (auto s = CheckInput(population, Input::kCurrentSteps); !s.ok()) return s;
  if (auto s = CheckColumns(senders, p.info.size, times.size(), "times_ms"); !s.ok()) return s;
  if (amplitudes_pa.size() != senders.size()) {
    return InvalidField("amplitudes_pa", absl::StrFormat("has %d entries where senders has %d",
                                                         amplitudes_pa.size(), senders.size()));
  }
  for (size_t k = 0; k < senders.size(); ++k) {
    if (times[k] < 0) {
      return InvalidField(absl::StrCat("times_ms[", k, "]"), "must be at least 0");
    }
    if (!std::isfinite(amplitudes_pa[k])) {
      return InvalidField(absl::StrCat("amplitudes_pa[", k, "]"),
                          absl::StrFormat("must be finite, not %s", ToText(amplitudes_pa[k])));
    }
  }
  if (const size_t k = FirstDescent(senders, times, std::less<>()); k < senders.size()) {
    return InvalidField(absl::StrCat("times_ms[", k, "]"),
                        absl::StrFormat("times of sender %d must ascend", senders[k]));
  }
  return absl::OkStatus();
}

absl::Status Network::SetCurrentSteps(int population, std::span<const uint32_t> senders,
                                      std::span<const Step> times,
                                      std::span<const double> amplitudes_pa, Pass pass) {
  if (pass != Pass::kApply) {
    if (auto s = impl_->CheckCurrentSteps(population, senders, times, amplitudes_pa); !s.ok()) {
      return s;
    }
  }
  if (pass == Pass::kCheck) return absl::OkStatus();
  RuntimePopulation& p = impl_->populations_[population];
  std::pmr::vector<std::pmr::vector<PlannedCurrents::Change>> plans(p.info.size, &impl_->memory_);
  const Step now = impl_->now_;
  for (size_t k = 0; k < senders.size(); ++k) {
    // Of those that have passed, the last one holds from now on.
    auto& plan = plans[senders[k]];
    const Step from = std::max(times[k], now);
    if (!plan.empty() && plan.back().from == from) plan.pop_back();
    plan.push_back({from, amplitudes_pa[k]});
  }
  auto& currents = static_cast<PlannedCurrents&>(*p.currents);
  for (uint32_t device = 0; device < p.info.size; ++device) {
    // What has come by now holds, unless something new is given for now.
    const auto& plan = plans[device];
    const Step from = !plan.empty() && plan.front().from == now ? now : now + 1;
    currents.Plan(device, from, plan);
  }
  impl_->CurrentsChanged(population);
  return absl::OkStatus();
}

void Network::Impl::CurrentsChanged(int population) {
  for (RuntimeGroup& group : groups_) {
    for (const int k : group.current_projections) {
      if (projections_[k].source == static_cast<uint32_t>(population)) {
        group.currents_change = now_;
      }
    }
  }
  // No connection asks for grid points further back than its delay.
  Step slowest = 0;
  for (const RuntimeProjection& p : projections_) {
    if (p.source == static_cast<uint32_t>(population)) {
      slowest = std::max(slowest, p.synapses.delays().longest);
    }
  }
  populations_[population].currents->Forget(now_ - slowest);
}

absl::Status Network::Impl::CheckReward(int projection, double reward) const {
  const RuntimeProjection& p = projections_[projection];
  if (!p.info.rewarded) {
    return FieldError(absl::StatusCode::kFailedPrecondition, "NOT_REWARDED", "target",
                      absl::StrCat("'", p.info.name, "' is a projection of ", p.info.synapse_model,
                                   ", which knows no rewards"));
  }
  if (!std::isfinite(reward)) {
    return InvalidField("value", absl::StrFormat("must be finite, not %s", ToText(reward)));
  }
  if (!p.rule->StaysFinite(reward, now_)) {
    return FieldError(absl::StatusCode::kOutOfRange, "NOT_FINITE", "value",
                      absl::StrFormat("with a reward of %s weights of '%s' would leave the finite "
                                      "numbers",
                                      ToText(reward), p.info.name));
  }
  return absl::OkStatus();
}

absl::Status Network::ApplyReward(int projection, double reward, Pass pass) {
  if (pass != Pass::kApply) {
    if (auto s = impl_->CheckReward(projection, reward); !s.ok()) return s;
  }
  if (pass == Pass::kCheck) return absl::OkStatus();
  PrepareReward(projection, reward, nullptr);
  CommitReward(projection);
  return absl::OkStatus();
}

bool Network::PrepareReward(int projection, double reward, Pace* pace) {
  return impl_->projections_[projection].rule->PrepareReward(reward, impl_->now_, pace);
}

void Network::CommitReward(int projection) {
  impl_->FreezeUnderWay(static_cast<uint32_t>(projection));
  impl_->projections_[projection].rule->CommitReward();
}

void Network::DropReward(int projection) { impl_->projections_[projection].rule->DropReward(); }

absl::Status Network::Impl::CheckWeights(int projection, std::span<const double> weights) const {
  const RuntimeProjection& p = projections_[projection];
  for (size_t k = 0; k < weights.size(); ++k) {
    if (!std::isfinite(weights[k])) {
      return InvalidField(absl::StrCat("values[", k, "]"),
                          absl::StrFormat("must be finite, not %s", ToText(weights[k])));
    }
  }
  if (p.model->synapse.bounds == nullptr) return absl::OkStatus();
  const WeightBounds bounds = p.model->synapse.bounds(p.parameters);
  for (size_t k = 0; k < weights.size(); ++k) {
    const auto s = CheckWeightWithin(bounds, weights[k], absl::StrCat("values[", k, "]"));
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

void Network::Impl::WeightsChanged(int projection) {
  const uint32_t source = projections_[projection].source;
  if (populations_[source].currents != nullptr) CurrentsChanged(static_cast<int>(source));
}

absl::Status Network::SetWeights(int projection, std::span<const double> weights, Pace* pace) {
  RuntimeProjection& p = impl_->projections_[projection];
  if (weights.size() != 1 && weights.size() != p.synapses.size()) {
    return InvalidField("weights", absl::StrFormat("has %d entries where the projection has %d "
                                                   "connections",
                                                   weights.size(), p.synapses.size()));
  }
  if (auto s = impl_->CheckWeights(projection, weights); !s.ok()) return s;
  const bool each = weights.size() == p.synapses.size();
  std::pmr::vector<double> equal(&impl_->memory_);
  if (each) {
    if (!p.synapses.SpreadWeight(pace)) return Stopped();
  } else if (p.rule != nullptr && !FillUp(&equal, p.synapses.size(), weights[0], pace)) {
    return Stopped();
  }
  impl_->FreezeUnderWay(static_cast<uint32_t>(projection));
  if (each) {
    std::ranges::copy(weights, p.synapses.weights().begin());
  } else if (p.rule != nullptr) {
    p.synapses.weights().swap(equal);
  } else {
    p.synapses.ShareWeight(weights[0]);
  }
  impl_->WeightsChanged(projection);
  return absl::OkStatus();
}

absl::Status Network::Impl::CheckConnections(int projection,
                                             std::span<const uint64_t> connections) const {
  const uint32_t synapses = projections_[projection].synapses.size();
  for (size_t k = 0; k < connections.size(); ++k) {
    if (connections[k] < synapses) continue;
    return InvalidField(absl::StrCat("connections[", k, "]"),
                        absl::StrFormat("must be below %d, the number of connections, not %d",
                                        synapses, connections[k]));
  }
  return absl::OkStatus();
}

absl::Status Network::SetWeightsFrom(int projection, uint64_t first,
                                     std::span<const double> weights, Pace* pace) {
  RuntimeProjection& p = impl_->projections_[projection];
  if (first > p.synapses.size() || weights.size() > p.synapses.size() - first) {
    return InvalidField("", absl::StrFormat("%d entries from connection %d on do not fit the %d "
                                            "connections of the projection",
                                            weights.size(), first, p.synapses.size()));
  }
  if (auto s = impl_->CheckWeights(projection, weights); !s.ok()) return s;
  if (!p.synapses.SpreadWeight(pace)) return Stopped();
  impl_->FreezeUnderWay(static_cast<uint32_t>(projection));
  std::ranges::copy(weights, p.synapses.weights().begin() + static_cast<ptrdiff_t>(first));
  impl_->WeightsChanged(projection);
  return absl::OkStatus();
}

absl::Status Network::SetWeightsOf(int projection, std::span<const uint64_t> connections,
                                   std::span<const double> weights, Pace* pace) {
  RuntimeProjection& p = impl_->projections_[projection];
  if (weights.size() != 1 && weights.size() != connections.size()) {
    return InvalidField("weights", absl::StrFormat("has %d entries for %d connections",
                                                   weights.size(), connections.size()));
  }
  if (auto s = impl_->CheckConnections(projection, connections); !s.ok()) return s;
  if (auto s = impl_->CheckWeights(projection, weights); !s.ok()) return s;
  if (!p.synapses.SpreadWeight(pace)) return Stopped();
  impl_->FreezeUnderWay(static_cast<uint32_t>(projection));
  auto& all = p.synapses.weights();
  for (size_t k = 0; k < connections.size(); ++k) {
    all[connections[k]] = weights[weights.size() == 1 ? 0 : k];
  }
  impl_->WeightsChanged(projection);
  return absl::OkStatus();
}

absl::Status Network::CutConnections(int projection, std::span<const uint64_t> connections) {
  if (auto s = impl_->CheckConnections(projection, connections); !s.ok()) return s;
  if (connections.empty()) return absl::OkStatus();
  RuntimeProjection& p = impl_->projections_[projection];
  if (p.cut_after.empty()) p.cut_after.resize(p.synapses.size(), kNever);
  for (const uint64_t k : connections) p.cut_after[k] = std::min(p.cut_after[k], impl_->now_);
  impl_->WeightsChanged(projection);
  return absl::OkStatus();
}

absl::Status Network::RecordSpikes(int population, const Recording& recording, bool dry_run) {
  const Grid& grid = impl_->context_.grid;
  RuntimePopulation& p = impl_->populations_[population];
  if (auto s = CheckRecording(recording, *p.model, grid, "record"); !s.ok() || dry_run) return s;
  p.recorder = recording.on ? std::make_unique<SpikeRecorder>(recording.limit, p.info.size,
                                                              &impl_->memory_, impl_->now_)
                            : nullptr;
  p.record_window = WindowOf(recording.window, grid);
  PopulationSpec& spec = impl_->spec_.populations[population];
  spec.record_spikes = recording.on;
  spec.record_limit = recording.limit;
  spec.record_window = recording.window;
  p.info.recorded = recording.on;
  p.info.recorded_after = impl_->now_;
  impl_->population_infos_[population] = p.info;
  return absl::OkStatus();
}

absl::Status Network::RecordWeights(int projection, const Recording& recording, bool dry_run) {
  const Grid& grid = impl_->context_.grid;
  RuntimeProjection& p = impl_->projections_[projection];
  const ModelInfo& source = *impl_->populations_[p.source].model;
  if (auto s = CheckRecording(recording, source, grid, "record"); !s.ok() || dry_run) return s;
  p.record = recording.on
                 ? std::make_unique<WeightRecord>(recording, impl_->now_, grid, &impl_->memory_)
                 : nullptr;
  impl_->spec_.projections[projection].weights = recording;
  p.info.recorded = impl_->projection_infos_[projection].recorded = recording.on;
  return absl::OkStatus();
}

WeightRecordView Network::TransmittedWeights(int projection, Step after, Step until) const {
  return impl_->projections_[projection].record->Between(after, until);
}

SpikeView Network::Spikes(int population, Step after, Step until) const {
  return impl_->populations_[population].recorder->Between(after, until);
}

std::span<const uint64_t> Network::SpikeTotals(int population) const {
  return impl_->populations_[population].recorder->totals();
}

SignalView Network::Signals(int multimeter, Step after, Step until) const {
  const RuntimeMultimeter& m = impl_->multimeters_[multimeter];
  const auto [first, last] = m.samples->Between(after, until);
  return {m.samples->times().subspan(first, last - first), m.samples->entries(first),
          m.variables.size(), m.info.neurons, m.samples->complete_after()};
}

SynapseView Network::Synapses(int projection, uint64_t first, uint64_t count) const {
  const RuntimeProjection& p = impl_->projections_[projection];
  const auto begin = static_cast<uint32_t>(std::min<uint64_t>(first, p.synapses.size()));
  return {&p, begin, static_cast<uint32_t>(std::min<uint64_t>(count, p.synapses.size() - begin))};
}

absl::StatusOr<size_t> Network::SynapseVariable(int projection, absl::string_view name) const {
  const RuntimeProjection& p = impl_->projections_[projection];
  if (auto s = p.model->CheckRecordable(name, ""); !s.ok()) return s;
  return p.model->IndexOfRecordable(name);
}

std::vector<Step> Network::Delays(int projection, uint64_t first, uint64_t count) const {
  const auto& synapses = impl_->projections_[projection].synapses;
  const uint64_t begin = std::min<uint64_t>(first, synapses.size());
  const uint64_t end = begin + std::min<uint64_t>(count, synapses.size() - begin);
  if (synapses.uniform_delay()) return std::vector<Step>(end - begin, synapses.delays().shortest);
  std::vector<Step> delays;
  delays.reserve(end - begin);
  for (uint32_t row = 0; row < synapses.rows(); ++row) {
    const uint64_t to = std::min<uint64_t>(end, synapses.row_end(row));
    for (uint64_t k = std::max<uint64_t>(begin, synapses.row_begin(row)); k < to; ++k) {
      delays.push_back(synapses.DelayOf(row, static_cast<uint32_t>(k)));
    }
  }
  return delays;
}

}  // namespace spiked::engine
