// Parameters and state variables of what runs: changing and reading them.
#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "server/engine/appendices.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/number.h"
#include "server/engine/runtime.h"
#include "server/engine/values.h"
#include "server/engine/weight_bounds.h"

namespace spiked::engine {
namespace {

// The parameter that a field `parameters[name]` names.
std::string NameOfField(absl::string_view field) {
  return std::string(absl::StripSuffix(absl::StripPrefix(field, "parameters["), "]"));
}

// Of parameters that do not fit one that was given is at fault: with its value of
// before they would.
absl::Status BlameGiven(const absl::Status& status, const Parameters& given, const ModelInfo& model,
                        ParameterRow after, ParameterRow before) {
  if (given.contains(NameOfField(*FieldOf(status)))) return status;
  for (const auto& [name, value] : given) {
    if (model.FindParameter(name) == nullptr) continue;
    const size_t n = model.IndexOf(name);
    std::vector<double> without(after.begin(), after.end());
    without[n] = before[n];
    if (model.check(without).ok()) {
      return InvalidField(absl::StrCat("parameters[", name, "]"), status.message());
    }
  }
  return status;
}

absl::Status CheckIndices(std::span<const uint32_t> indices, uint32_t size) {
  std::unordered_set<uint32_t> seen;
  for (size_t k = 0; k < indices.size(); ++k) {
    const std::string field = absl::StrCat("indices[", k, "]");
    if (indices[k] >= size) {
      return InvalidField(
          field, absl::StrFormat("must be below %d, the size of the population, not %d", size,
                                 indices[k]));
    }
    if (!seen.insert(indices[k]).second) {
      return InvalidField(field, absl::StrFormat("%d occurs twice", indices[k]));
    }
  }
  return absl::OkStatus();
}

// Which neurons or devices are meant.
class Places {
 public:
  Places(std::span<const uint32_t> indices, uint32_t size) : indices_(indices), size_(size) {}
  uint32_t size() const {
    return indices_.empty() ? size_ : static_cast<uint32_t>(indices_.size());
  }
  uint32_t operator[](uint32_t k) const { return indices_.empty() ? k : indices_[k]; }

 private:
  std::span<const uint32_t> indices_;
  uint32_t size_;
};

double EntryOf(const Value& value, uint32_t k) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? *number : std::get<std::vector<double>>(value)[k];
}

// Checks what is given for one name, entry by entry where it is a list.
template <typename Check>
absl::Status CheckGiven(const Value& value, uint32_t size, absl::string_view field,
                        bool may_be_infinite, const Check& check) {
  if (std::holds_alternative<Distribution>(value)) {
    return InvalidField(field, "must be a number or a list");
  }
  if (auto s = CheckValue(value, size, field, may_be_infinite); !s.ok()) return s;
  if (const auto* number = std::get_if<double>(&value)) return check(*number, std::string(field));
  const auto& list = std::get<std::vector<double>>(value);
  for (size_t k = 0; k < list.size(); ++k) {
    const auto s = check(list[k], absl::StrCat(field, ".list.values[", k, "]"));
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

// Whether a name is a state variable, which hides a parameter of that name: what
// the variable began with.
bool IsState(const ModelInfo& model, absl::string_view name) {
  return model.neuron != nullptr && model.HasRecordable(name);
}

}  // namespace

absl::Status Network::SetParameters(int population, const Parameters& parameters, bool dry_run,
                                    std::span<const uint32_t> indices) {
  RuntimePopulation& p = impl_->populations_[population];
  const ModelInfo& model = *p.model;
  if (auto s = CheckIndices(indices, p.info.size); !s.ok()) return s;
  const Places places(indices, p.info.size);
  ParameterColumns values(p.parameters, &impl_->memory_);
  Parameters states;
  for (const auto& [name, value] : parameters) {
    const std::string field = absl::StrCat("parameters[", name, "]");
    if (IsState(model, name)) {
      const auto any = [](double, const std::string&) { return absl::OkStatus(); };
      if (auto s = CheckGiven(value, places.size(), field, false, any); !s.ok()) return s;
      states.emplace(name, value);
      continue;
    }
    const ParameterInfo* parameter = model.FindParameter(name);
    if (parameter == nullptr) return model.NoSuchParameter(name, field);
    if (parameter->fixed) return InvalidField(field, "cannot change while the network runs");
    if (parameter->one_for_all && places.size() < p.info.size) {
      return InvalidField(field, "is the same for the whole population");
    }
    const auto check = [&](double x, const std::string& entry) {
      return CheckParameterNumber(x, *parameter, impl_->context_.grid, entry);
    };
    const bool may_be_infinite = std::isinf(parameter->maximum) || std::isinf(parameter->minimum);
    if (auto s = CheckGiven(value, places.size(), field, may_be_infinite, check); !s.ok()) return s;
    auto& column = values[model.IndexOf(name)];
    for (uint32_t k = 0; k < places.size(); ++k) column[places[k]] = EntryOf(value, k);
  }
  if (model.check != nullptr) {
    std::vector<double> row(values.size()), before(values.size());
    for (uint32_t k = 0; k < places.size(); ++k) {
      for (size_t n = 0; n < row.size(); ++n) {
        row[n] = values[n][places[k]];
        before[n] = p.parameters[n][places[k]];
      }
      if (auto s = model.check(row); !s.ok()) return BlameGiven(s, parameters, model, row, before);
    }
  }
  if (dry_run) return absl::OkStatus();
  if (model.neuron != nullptr) {
    if (states.size() < parameters.size()) {
      impl_->SetNeuronParameters(population, std::move(values));
    }
    RuntimeGroup& group = impl_->groups_[p.group];
    for (const auto& [name, value] : states) {
      const size_t recordable = model.IndexOfRecordable(name);
      for (uint32_t k = 0; k < places.size(); ++k) {
        group.neurons->SetRecorded(recordable, p.first_lane + places[k], EntryOf(value, k));
      }
    }
  } else {
    p.parameters = std::move(values);
    p.parameters_changed = true;
    impl_->ParametersChanged(population);
  }
  return absl::OkStatus();
}

absl::Status Network::SetDeviceParameters(int population, const Parameters& parameters,
                                          bool dry_run) {
  if (auto s = impl_->CheckInput(population, Input::kParameters); !s.ok()) return s;
  return SetParameters(population, parameters, dry_run);
}

// A device follows its parameters from now on.
void Network::Impl::ParametersChanged(int population) {
  RuntimePopulation& p = populations_[population];
  const auto windows = [&] { return WindowsOf(p.parameters, context_.grid, &memory_); };
  if (p.schedule != nullptr) p.schedule->windows = windows();
  if (p.currents != nullptr) {
    p.currents->SetParameters(p.parameters, now_);
    CurrentsChanged(population);
  }
  for (const int k : poisson_projections_) {
    RuntimeProjection& projection = projections_[k];
    if (projection.source != static_cast<uint32_t>(population)) continue;
    CatchUp(static_cast<uint32_t>(k));
    projection.poisson->SetRates(p.parameters[0], windows(),
                                 std::max(slice_begin_, projection.drawn), now_);
  }
}

void Network::Impl::SetNeuronParameters(int population, ParameterColumns values) {
  RuntimePopulation& p = populations_[population];
  const NeuronModel& model = *p.model->neuron;
  const std::vector<NeuronGroup::Constants> constants = ConstantsOf(*p.model, values);
  const NeuronGroup& present = *groups_[p.group].neurons;
  bool same = true, same_tau_minus = values[model.tau_minus] == p.parameters[model.tau_minus];
  std::vector<double> rests(p.info.size);
  for (uint32_t k = 0; k < p.info.size; ++k) {
    const NeuronGroup::Constants before = present.ConstantsAt(p.first_lane + k);
    same = same && constants[constants.size() == 1 ? 0 : k] == before;
    rests[k] = before.values[kRest];
  }
  if (!same_tau_minus && p.history != nullptr) p.history->SetTauMinus(values[model.tau_minus]);
  if (!same) Regroup(population, constants);
  RuntimeGroup& group = groups_[p.group];
  for (uint32_t k = 0; k < p.info.size; ++k) {
    const uint32_t lane = p.first_lane + k;
    // Potentials are kept relative to rest, but stay where they are.
    if (!same) group.neurons->MoveRest(lane, rests[k]);
    group.neurons->SetConstantCurrent(lane, values[model.constant_current][k]);
  }
  group.currents_change = now_;
  p.parameters = std::move(values);
  p.parameters_changed = true;
}

std::vector<NeuronGroup::Constants> Network::Impl::ConstantsOf(
    const ModelInfo& model, const ParameterColumns& parameters) const {
  std::vector<NeuronGroup::Constants> constants(parameters[0].size());
  std::vector<double> row(parameters.size());
  for (size_t k = 0; k < constants.size(); ++k) {
    for (size_t n = 0; n < row.size(); ++n) row[n] = parameters[n][k];
    model.neuron->derive(row, context_.grid, std::span(constants[k].values));
  }
  const bool uniform =
      std::ranges::all_of(constants, [&](const auto& c) { return c == constants.front(); });
  if (uniform) constants.resize(1);
  return constants;
}

// Gives a population other constants: in its group if it is alone there, else in
// one of its own.
void Network::Impl::Regroup(int population, std::span<const NeuronGroup::Constants> constants) {
  const auto number = static_cast<uint32_t>(population);
  RuntimePopulation& p = populations_[number];
  std::vector<uint32_t> own, others;
  {
    const RuntimeGroup& group = groups_[p.group];
    for (uint32_t lane = 0; lane < group.neurons->lanes(); ++lane) {
      (group.population_of[lane] == number ? own : others).push_back(lane);
    }
  }
  const auto make = [&](std::span<const uint32_t> lanes, const auto& with) {
    return std::make_unique<NeuronGroup>(*groups_[p.group].neurons, lanes, with, horizon_, now_,
                                         &memory_);
  };
  std::unique_ptr<NeuronGroup> neurons = make(own, constants);
  if (others.empty()) {
    groups_[p.group].neurons = std::move(neurons);
    return;
  }
  std::unique_ptr<NeuronGroup> rest = make(others, groups_[p.group].neurons->constants());
  RuntimeGroup& fresh = groups_.emplace_back(&memory_);
  RuntimeGroup& group = groups_[p.group];
  fresh.neurons = std::move(neurons);
  fresh.population_of.assign(own.size(), number);
  for (const uint32_t lane : own) fresh.index_of.push_back(group.index_of[lane]);
  fresh.fired.resize((own.size() - 1) / kBlockLanes + 1);
  fresh.currents_change = now_;
  for (const int k : group.current_projections) {
    if (projections_[k].target == number) fresh.current_projections.push_back(k);
  }
  for (const int k : group.multimeters) {
    if (multimeters_[k].population == number) fresh.multimeters.push_back(k);
  }
  if (!fresh.current_projections.empty()) fresh.device_currents.resize(own.size());

  std::erase_if(group.current_projections, [&](int k) { return projections_[k].target == number; });
  std::erase_if(group.multimeters, [&](int k) { return multimeters_[k].population == number; });
  group.neurons = std::move(rest);
  group.currents_change = now_;
  for (uint32_t lane = 0; lane < others.size(); ++lane) {
    group.population_of[lane] = group.population_of[others[lane]];
    group.index_of[lane] = group.index_of[others[lane]];
    if (group.index_of[lane] == 0) populations_[group.population_of[lane]].first_lane = lane;
  }
  group.population_of.resize(others.size());
  group.index_of.resize(others.size());
  if (group.current_projections.empty()) {
    group.device_currents.clear();
  } else {
    group.device_currents.resize(others.size());
  }
  p.group = static_cast<int>(groups_.size() - 1);
  p.first_lane = 0;
}

absl::StatusOr<std::vector<ParameterValues>> Network::GetParameters(
    int population, std::span<const std::string> names, std::span<const uint32_t> indices) const {
  const RuntimePopulation& p = impl_->populations_[population];
  const ModelInfo& model = *p.model;
  if (auto s = CheckIndices(indices, p.info.size); !s.ok()) return s;
  for (size_t k = 0; k < names.size(); ++k) {
    if (IsState(model, names[k]) || model.FindParameter(names[k]) != nullptr) continue;
    return model.NoSuchParameter(names[k], absl::StrCat("names[", k, "]"));
  }
  std::vector<std::string> all(names.begin(), names.end());
  if (names.empty()) {
    for (const ParameterInfo& info : model.parameters) all.emplace_back(info.name);
    for (const RecordableInfo& info : model.recordables) {
      if (model.FindParameter(info.name) == nullptr) all.emplace_back(info.name);
    }
  }
  const Places places(indices, p.info.size);
  std::vector<ParameterValues> result;
  for (const std::string& name : all) {
    std::vector<double>& values = result.emplace_back(ParameterValues{name, {}}).values;
    values.reserve(places.size());
    const bool state = IsState(model, name);
    for (uint32_t k = 0; k < places.size(); ++k) {
      values.push_back(state ? impl_->groups_[p.group].neurons->Recorded(
                                   model.IndexOfRecordable(name), p.first_lane + places[k])
                             : p.parameters[model.IndexOf(name)][places[k]]);
    }
  }
  return result;
}

namespace {

// Which of the given parameters has moved the bounds of weights.
std::string BoundOf(const RuntimeProjection& p, const Parameters& given, std::vector<double> row) {
  const WeightBounds bounds = p.model->synapse.bounds(row);
  for (const auto& [name, value] : given) {
    const size_t place = p.model->IndexOf(name);
    row[place] = p.parameters[place];
    const WeightBounds without = p.model->synapse.bounds(row);
    if (without.low != bounds.low || without.high != bounds.high) return name;
  }
  return "";
}

}  // namespace

absl::Status Network::SetSynapseParameters(int projection, const Parameters& parameters,
                                           bool dry_run) {
  RuntimeProjection& p = impl_->projections_[projection];
  const ModelInfo& model = *p.model;
  std::vector<double> row = p.parameters;
  for (const auto& [name, value] : parameters) {
    const std::string field = absl::StrCat("parameters[", name, "]");
    const ParameterInfo* parameter = model.FindParameter(name);
    if (parameter == nullptr) return model.NoSuchParameter(name, field);
    if (parameter->fixed) return InvalidField(field, "cannot change while the network runs");
    const auto* number = std::get_if<double>(&value);
    if (number == nullptr) {
      return InvalidField(field, "must be a single number, shared by all synapses");
    }
    if (auto s = CheckValue(value, 1, field); !s.ok()) return s;
    if (auto s = CheckParameterNumber(*number, *parameter, impl_->context_.grid, field); !s.ok()) {
      return s;
    }
    row[model.IndexOf(name)] = *number;
  }
  if (model.check != nullptr) {
    if (auto s = model.check(row); !s.ok()) {
      return BlameGiven(s, parameters, model, row, p.parameters);
    }
  }
  if (model.synapse.bounds != nullptr) {
    const WeightBounds bounds = model.synapse.bounds(row);
    for (uint32_t k = 0; k < p.synapses.size(); ++k) {
      if (CheckWeightWithin(bounds, p.synapses.weight(k), "").ok()) continue;
      return InvalidField(
          absl::StrCat("parameters[", BoundOf(p, parameters, row), "]"),
          absl::StrFormat("leaves weights from %s to %s; connection %d has %s", ToText(bounds.low),
                          ToText(bounds.high), k, ToText(p.synapses.weight(k))));
    }
  }
  if (dry_run) return absl::OkStatus();
  if (p.rule != nullptr) p.rule->SetParameters(row);
  p.parameters = std::move(row);
  p.parameters_changed = true;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ParameterValues>> Network::GetSynapseParameters(
    int projection, std::span<const std::string> names) const {
  const RuntimeProjection& p = impl_->projections_[projection];
  std::vector<ParameterValues> result;
  for (size_t k = 0; k < names.size(); ++k) {
    if (p.model->FindParameter(names[k]) == nullptr) {
      return p.model->NoSuchParameter(names[k], absl::StrCat("names[", k, "]"));
    }
    result.push_back({names[k], {p.parameters[p.model->IndexOf(names[k])]}});
  }
  if (!names.empty()) return result;
  for (size_t n = 0; n < p.parameters.size(); ++n) {
    result.push_back({std::string(p.model->parameters[n].name), {p.parameters[n]}});
  }
  return result;
}

}  // namespace spiked::engine
