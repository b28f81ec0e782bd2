// Checking a specification, and filling in what it leaves out.
#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/activity_window.h"
#include "server/engine/connect.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/names.h"
#include "server/engine/nearest.h"
#include "server/engine/network.h"
#include "server/engine/neuron_model.h"
#include "server/engine/number.h"
#include "server/engine/reach.h"
#include "server/engine/values.h"
#include "server/engine/weight_bounds.h"

namespace spiked::engine {
namespace {

absl::Status CheckName(absl::string_view name, absl::string_view field) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  bool good = !name.empty() && name.size() <= 64 && letter(name[0]);
  for (const char c : name) {
    good = good && (letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.');
  }
  if (good) return absl::OkStatus();
  return InvalidField(field, "must be a letter, then up to 63 letters, digits, '_', '-' or '.'");
}

class Checker {
 public:
  Checker(const NetworkSpec& spec, const Grid& grid, const Network* extended)
      : spec_(spec), grid_(grid), extended_(extended) {}

  absl::StatusOr<NetworkSize> Run() {
    if (spec_.populations.empty() && extended_ == nullptr) {
      return InvalidField("populations", "a network needs at least one population");
    }
    for (size_t k = 0; k < spec_.populations.size(); ++k) {
      const auto status = CheckPopulation(spec_.populations[k]);
      if (!status.ok()) return Within(absl::StrCat("populations[", k, "]"), status);
    }
    for (size_t k = 0; k < spec_.projections.size(); ++k) {
      const auto status = CheckProjection(spec_.projections[k]);
      if (!status.ok()) return Within(absl::StrCat("projections[", k, "]"), status);
    }
    for (size_t k = 0; k < spec_.multimeters.size(); ++k) {
      const auto status = CheckMultimeter(spec_.multimeters[k]);
      if (!status.ok()) return Within(absl::StrCat("multimeters[", k, "]"), status);
    }
    size_.bytes += 4096 + RingBytes();
    return size_;
  }

 private:
  // `which` tells those that could have been meant.
  template <typename Which>
  static absl::Status UnknownModel(absl::string_view field, absl::string_view what,
                                   absl::string_view name, Which which) {
    std::vector<absl::string_view> names;
    for (const ModelInfo& model : Models()) {
      if (which(model)) names.push_back(model.name);
    }
    return UnknownName(field, what, name, names);
  }

  absl::Status UnknownPopulation(absl::string_view field, absl::string_view name) const {
    std::vector<absl::string_view> names = NamesOf(spec_.populations);
    if (extended_ != nullptr) {
      for (const auto& population : extended_->populations()) names.push_back(population.name);
    }
    return UnknownName(field, "there is no population", name, names);
  }

  // `find` knows the names of the network that is extended.
  absl::Status CheckUnique(absl::string_view name, Names* names,
                           int (Network::*find)(absl::string_view) const) {
    if (auto s = CheckName(name, "name"); !s.ok()) return s;
    if (extended_ != nullptr && (extended_->*find)(name) >= 0) {
      return InvalidField("name", absl::StrCat("the network has a '", name, "' already"));
    }
    if (names->insert(std::string(name)).second) return absl::OkStatus();
    return InvalidField("name", absl::StrCat("'", name, "' occurs twice"));
  }

  struct Population {
    uint32_t size = 0;
    const ModelInfo* model = nullptr;  // null: there is no such population
  };
  // A population that is added or was there already.
  Population FindPopulation(absl::string_view name) const {
    if (const auto it = populations_.find(name); it != populations_.end()) return it->second;
    const int handle = extended_ != nullptr ? extended_->FindPopulation(name) : -1;
    if (handle < 0) return {};
    const Network::PopulationInfo& info = extended_->populations()[static_cast<size_t>(handle)];
    return {.size = info.size, .model = FindModel(info.model)};
  }

  absl::Status CheckParameters(const Parameters& parameters, const ModelInfo& model,
                               uint64_t size) {
    for (const auto& [name, value] : parameters) {
      const std::string field = absl::StrCat("parameters[", name, "]");
      const ParameterInfo* info = model.FindParameter(name);
      if (info == nullptr) return model.NoSuchParameter(name, field);
      if (auto s = CheckParameterValue(value, *info, size, field); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status CheckParameterValue(const Value& value, const ParameterInfo& info, uint64_t size,
                                   absl::string_view field) {
    if (auto s =
            CheckValue(value, size, field, std::isinf(info.maximum) || std::isinf(info.minimum));
        !s.ok())
      return s;
    if (const auto* number = std::get_if<double>(&value)) {
      return CheckParameterNumber(*number, info, grid_, field);
    }
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      for (size_t k = 0; k < list->size(); ++k) {
        const auto s = CheckParameterNumber((*list)[k], info, grid_,
                                            absl::StrCat(field, ".list.values[", k, "]"));
        if (!s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckPopulation(const PopulationSpec& p) {
    if (auto s = CheckUnique(p.name, &population_names_, &Network::FindPopulation); !s.ok())
      return s;
    const ModelInfo* model = FindModel(p.model);
    if (model == nullptr || model->kind == ModelKind::kSynapse) {
      return UnknownModel("model", "there is no model of neurons or devices called", p.model,
                          [](const ModelInfo& other) { return other.kind != ModelKind::kSynapse; });
    }
    if (p.size == 0) return InvalidField("size", "must be at least 1");
    if (!model->mirrors && !p.mirrored.empty()) {
      return InvalidField("mirrored", absl::StrCat("must be empty for ", WithArticle(p.model)));
    }
    if (model->kind == ModelKind::kVolumeTransmitter && p.size != 1) {
      return InvalidField("size", "must be 1 for a volume_transmitter");
    }
    if (auto s = CheckParameters(p.parameters, *model, p.size); !s.ok()) return s;
    if (auto s = CheckAcross(p, *model); !s.ok()) return s;
    const Recording spikes = {
        .on = p.record_spikes, .limit = p.record_limit, .window = p.record_window};
    if (auto s = CheckRecording(spikes, *model, grid_, "record_spikes"); !s.ok()) return s;
    size_.neurons += p.size;
    size_.bytes += uint64_t{p.size} * kBytesPerNeuron;
    populations_[p.name] = {.size = p.size, .model = model};
    return absl::OkStatus();
  }

  // Room for what is under way: two weights for each step within reach of a
  // neuron, a count for each of a relay.
  uint64_t RingBytes() const {
    const auto slots = std::bit_ceil(static_cast<uint64_t>(reach_.horizon()));
    uint64_t bytes = 0;
    for (const PopulationSpec& p : spec_.populations) {
      const ModelInfo& model = *FindModel(p.model);
      const uint64_t in_slot = model.neuron != nullptr ? model.neuron->receptors * sizeof(double)
                               : model.receives_spikes ? sizeof(uint64_t)
                                                       : 0;
      bytes += p.size * slots * in_slot;
    }
    return bytes;
  }

  // The model's checks across parameters, for each neuron, as far as they can be
  // told before drawing.
  static absl::Status CheckAcross(const PopulationSpec& p, const ModelInfo& model) {
    std::vector<const Value*> values;
    bool varies = false;
    for (const ParameterInfo& info : model.parameters) {
      const auto it = p.parameters.find(std::string(info.name));
      values.push_back(it == p.parameters.end() ? nullptr : &it->second);
      if (values.back() == nullptr) continue;
      if (info.one_for_all && !std::holds_alternative<double>(it->second)) {
        return InvalidField(absl::StrCat("parameters[", std::string(info.name), "]"),
                            "must be a single number");
      }
      varies = varies || std::holds_alternative<std::vector<double>>(it->second);
    }
    if (model.check == nullptr) return absl::OkStatus();
    std::vector<double> row(values.size(), std::numeric_limits<double>::quiet_NaN());
    for (uint32_t k = 0; k < (varies ? p.size : 1); ++k) {
      for (size_t n = 0; n < row.size(); ++n) {
        if (values[n] == nullptr) {
          row[n] = model.parameters[n].default_value;
        } else if (const auto* number = std::get_if<double>(values[n])) {
          row[n] = *number;
        } else if (const auto* list = std::get_if<std::vector<double>>(values[n])) {
          row[n] = (*list)[k];
        }
      }
      if (auto s = model.check(row); !s.ok()) {
        if (!varies) return s;
        return InvalidField(*FieldOf(s),
                            absl::StrCat(std::string(s.message()), " (number ", k, ")"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckProjection(const ProjectionSpec& p) {
    if (auto s = CheckUnique(p.name, &projection_names_, &Network::FindProjection); !s.ok())
      return s;
    const Population source = FindPopulation(p.source), target = FindPopulation(p.target);
    if (source.model == nullptr) return UnknownPopulation("source", p.source);
    if (target.model == nullptr) {
      return UnknownPopulation("target", p.target);
    }
    const ModelInfo* model = p.synapse_model.empty() ? &PlainSynapse() : FindModel(p.synapse_model);
    if (model == nullptr || model->kind != ModelKind::kSynapse) {
      return UnknownModel("synapse_model", "there is no synapse model", p.synapse_model,
                          [](const ModelInfo& other) { return other.kind == ModelKind::kSynapse; });
    }
    if (auto s = CheckEnds(*source.model, *target.model, *model); !s.ok()) {
      return s;
    }
    if (auto s = CheckSelection(p.source_neurons, source.size, "source_neurons"); !s.ok()) return s;
    if (auto s = CheckSelection(p.target_neurons, target.size, "target_neurons"); !s.ok()) return s;
    const std::vector<uint32_t> source_neurons = NeuronsOf(p.source_neurons);
    const std::vector<uint32_t> target_neurons = NeuronsOf(p.target_neurons);
    const ConnectionShape shape =
        ShapeOf(p, source.size, target.size, source_neurons, target_neurons);
    if (auto s = CheckRule(p.rule, shape); !s.ok()) return Within("rule", s);
    const uint64_t count = ExpectedConnections(p.rule, shape);
    if (count > kMaxConnections) {
      return InvalidField("rule", absl::StrFormat("makes %d connections; at most %d are possible",
                                                  count, kMaxConnections));
    }
    if (auto s = CheckWeight(p, count); !s.ok()) return s;
    if (auto s = CheckDelay(p, count); !s.ok()) return s;
    if (source.model->emission == Emission::kCurrents && !IsOneNumber(p.delay_ms)) {
      return InvalidField("delay_ms",
                          "must be the same for all that a device injects currents into");
    }
    for (const auto& [name, value] : p.parameters) {
      if (!std::holds_alternative<double>(value)) {
        return InvalidField(absl::StrCat("parameters[", name, "]"),
                            "must be a single number, shared by all synapses");
      }
    }
    if (auto s = CheckParameters(p.parameters, *model, 1); !s.ok()) return s;
    if (auto s = CheckTransmitter(p, *model); !s.ok()) return s;
    if (auto s = CheckRecording(p.weights, *source.model, grid_, "record_weights"); !s.ok()) {
      return s;
    }
    if (auto s = CheckBounds(p, *model); !s.ok()) return s;

    if (count > 0) reach_.Include(DelaysOf(p));
    size_.synapses += count;
    size_.bytes += count * BytesPerSynapse(p, *model) + uint64_t{shape.SourceSize()} * 8;
    return absl::OkStatus();
  }

  static absl::Status CheckEnds(const ModelInfo& source, const ModelInfo& target,
                                const ModelInfo& synapse) {
    const auto a = [](const ModelInfo& model) { return WithArticle(model.name); };
    if (source.emission == Emission::kNothing) {
      return InvalidField("source", absl::StrCat(a(source), " has no outgoing connections"));
    }
    if (source.emission == Emission::kCurrents) {
      if (target.neuron == nullptr) {
        return InvalidField("target", absl::StrCat(a(source), " drives neurons, not ", a(target)));
      }
    } else if (!target.receives_spikes) {
      return InvalidField("target", absl::StrCat(a(target), " does not receive spikes"));
    }
    if (synapse.synapse.make == nullptr) return absl::OkStatus();
    const auto must_be_plain = [](const std::string& where) {
      return InvalidField(
          "synapse_model",
          absl::StrCat("must be ", std::string(PlainSynapse().name), " where the ", where));
    };
    if (source.emission != Emission::kSpikes) {
      return must_be_plain(absl::StrCat("source is ", a(source)));
    }
    if (target.neuron == nullptr && !target.repeats_spikes) {
      return must_be_plain(absl::StrCat("target is ", a(target)));
    }
    return absl::OkStatus();
  }

  absl::Status CheckWeight(const ProjectionSpec& p, uint64_t count) {
    if (HasUnknownCount(p) && std::holds_alternative<std::vector<double>>(p.weight)) {
      return InvalidField("weight", "cannot be a list where the number of connections is drawn");
    }
    return CheckValue(p.weight, count, "weight");
  }

  absl::Status CheckDelay(const ProjectionSpec& p, uint64_t count) {
    const auto check = [&](double ms, absl::string_view field) {
      const auto steps = grid_.ToSteps(ms);
      if (steps && *steps >= 1 && *steps <= kMaxDelaySteps) return absl::OkStatus();
      return InvalidField(
          field, absl::StrFormat("must be a whole number of steps of %s ms, from 1 to %d of them; "
                                 "%s ms is not",
                                 ToText(grid_.resolution_ms()), kMaxDelaySteps, ToText(ms)));
    };
    if (HasUnknownCount(p) && std::holds_alternative<std::vector<double>>(p.delay_ms)) {
      return InvalidField("delay_ms", "cannot be a list where the number of connections is drawn");
    }
    if (auto s = CheckValue(p.delay_ms, count, "delay_ms"); !s.ok()) return s;
    if (const auto* number = std::get_if<double>(&p.delay_ms)) return check(*number, "delay_ms");
    if (const auto* list = std::get_if<std::vector<double>>(&p.delay_ms)) {
      for (size_t k = 0; k < list->size(); ++k) {
        const auto s = check((*list)[k], absl::StrCat("delay_ms.list.values[", k, "]"));
        if (!s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }

  // The delays that a projection may have; of those to be drawn all that are
  // possible.
  DelayRange DelaysOf(const ProjectionSpec& p) const {
    const auto steps = [&](double ms) { return grid_.ToSteps(ms).value_or(1); };
    if (const auto* number = std::get_if<double>(&p.delay_ms)) {
      return {steps(*number), steps(*number)};
    }
    if (const auto* list = std::get_if<std::vector<double>>(&p.delay_ms)) {
      const auto [shortest, longest] = std::ranges::minmax(*list);
      return {steps(shortest), steps(longest)};
    }
    return {1, kMaxDelaySteps};
  }

  // A target and, where they differ or change, a weight; a run of equal delays
  // where these differ; what dopamine has to know of each synapse.
  static uint64_t BytesPerSynapse(const ProjectionSpec& p, const ModelInfo& synapse) {
    uint64_t bytes = sizeof(uint32_t);
    if (synapse.synapse.make != nullptr || !std::holds_alternative<double>(p.weight)) {
      bytes += sizeof(double);
    }
    if (!std::holds_alternative<double>(p.delay_ms)) bytes += 2 * sizeof(uint32_t);
    if (synapse.synapse.needs_transmitter) bytes += sizeof(double) + 2 * sizeof(uint32_t);
    return bytes;
  }

  static bool IsOneNumber(const Value& value) {
    const auto* list = std::get_if<std::vector<double>>(&value);
    if (list == nullptr) return std::holds_alternative<double>(value);
    return std::ranges::all_of(*list, [&](double x) { return x == list->front(); });
  }

  static bool HasUnknownCount(const ProjectionSpec& p) {
    return std::holds_alternative<PairwiseBernoulli>(p.rule);
  }

  absl::Status CheckTransmitter(const ProjectionSpec& p, const ModelInfo& synapse) {
    if (!synapse.synapse.needs_transmitter) {
      if (p.volume_transmitter.empty()) return absl::OkStatus();
      return InvalidField("volume_transmitter",
                          absl::StrCat("must be empty for ", std::string(synapse.name)));
    }
    const Population transmitter = FindPopulation(p.volume_transmitter);
    if (transmitter.model == nullptr) {
      return UnknownPopulation("volume_transmitter", p.volume_transmitter);
    }
    if (transmitter.model->kind != ModelKind::kVolumeTransmitter) {
      return InvalidField("volume_transmitter", absl::StrCat("'", p.volume_transmitter, "' is ",
                                                             WithArticle(transmitter.model->name)));
    }
    return absl::OkStatus();
  }

  // Weights lie within the bounds of the synapse model, as far as can be told
  // before drawing.
  static absl::Status CheckBounds(const ProjectionSpec& p, const ModelInfo& synapse) {
    const std::vector<double> row = SynapseParameters(p, synapse);
    if (synapse.check != nullptr) {
      if (auto s = synapse.check(row); !s.ok()) return s;
    }
    if (synapse.synapse.bounds == nullptr) return absl::OkStatus();
    const WeightBounds bounds = synapse.synapse.bounds(row);
    if (const auto* number = std::get_if<double>(&p.weight)) {
      return CheckWeightWithin(bounds, *number, "weight");
    }
    if (const auto* list = std::get_if<std::vector<double>>(&p.weight)) {
      for (size_t k = 0; k < list->size(); ++k) {
        const auto s =
            CheckWeightWithin(bounds, (*list)[k], absl::StrCat("weight.list.values[", k, "]"));
        if (!s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckMultimeter(const MultimeterSpec& m) {
    if (auto s = CheckUnique(m.name, &multimeter_names_, &Network::FindMultimeter); !s.ok())
      return s;
    const Population population = FindPopulation(m.population);
    if (population.model == nullptr) {
      return UnknownPopulation("population", m.population);
    }
    const ModelInfo& model = *population.model;
    if (auto s = CheckSelection(m.neurons, population.size, "neurons"); !s.ok()) return s;
    if (m.variables.empty()) return InvalidField("variables", "must name at least one variable");
    for (size_t k = 0; k < m.variables.size(); ++k) {
      const auto s = model.CheckRecordable(m.variables[k], absl::StrCat("variables[", k, "]"));
      if (!s.ok()) return s;
    }
    if (auto s = CheckRecordWindow(m.record_window, grid_); !s.ok()) {
      return Within("record_window", s);
    }
    const auto interval = grid_.ToSteps(m.interval_ms == 0 ? kDefaultIntervalMs : m.interval_ms);
    if (interval && *interval >= 1) return absl::OkStatus();
    return InvalidField("interval_ms",
                        absl::StrFormat("must be a whole number of steps of %s ms, not %s ms",
                                        ToText(grid_.resolution_ms()), ToText(m.interval_ms)));
  }

  static constexpr uint64_t kMaxConnections = uint64_t{1} << 31;
  // State, constants, bookkeeping of connections.
  static constexpr uint64_t kBytesPerNeuron = 128;

  const NetworkSpec& spec_;
  const Grid& grid_;
  const Network* extended_;  // or null
  NetworkSize size_;
  Reach reach_{grid_};
  ByName<Population> populations_;
  Names population_names_, projection_names_, multimeter_names_;
};

Parameters WithDefaults(const Parameters& given, const ModelInfo& model) {
  Parameters all = given;
  for (const ParameterInfo& info : model.parameters) {
    if (info.follows.empty()) all.try_emplace(std::string(info.name), info.default_value);
  }
  for (const ParameterInfo& info : model.parameters) {
    if (info.follows.empty()) continue;
    // One that is drawn is followed number by number, when it has been drawn.
    const Value& other = all.at(std::string(info.follows));
    if (!std::holds_alternative<Distribution>(other)) {
      all.try_emplace(std::string(info.name), other);
    }
  }
  return all;
}

}  // namespace

absl::Status CheckParameterNumber(double x, const ParameterInfo& info, const Grid& grid,
                                  absl::string_view field) {
  const std::string unit = info.unit.empty() ? "" : absl::StrCat(" ", info.unit);
  const bool above = info.exclusive_minimum ? x > info.minimum : x >= info.minimum;
  if (!above) {
    return InvalidField(field, absl::StrFormat("must be %s %s%s, not %s",
                                               info.exclusive_minimum ? "above" : "at least",
                                               ToText(info.minimum), unit, ToText(x)));
  }
  if (!(x <= info.maximum)) {
    return InvalidField(field, absl::StrFormat("must be at most %s%s, not %s", ToText(info.maximum),
                                               unit, ToText(x)));
  }
  if (info.kind == NumberKind::kWhole && x != std::floor(x)) {
    return InvalidField(field, absl::StrFormat("must be a whole number, not %s", ToText(x)));
  }
  if (info.kind == NumberKind::kGridTime && std::isfinite(x)) {
    const auto steps = grid.ToSteps(x);
    if (!steps || (info.exclusive_minimum && *steps < 1)) {
      return InvalidField(field, absl::StrFormat("must be a whole number of steps of %s ms; %s ms "
                                                 "is not",
                                                 ToText(grid.resolution_ms()), ToText(x)));
    }
  }
  return absl::OkStatus();
}

std::vector<double> SynapseParameters(const ProjectionSpec& spec, const ModelInfo& synapse) {
  const Parameters all = WithDefaults(spec.parameters, synapse);
  std::vector<double> row;
  row.reserve(synapse.parameters.size());
  for (const ParameterInfo& info : synapse.parameters) {
    row.push_back(std::get<double>(all.at(std::string(info.name))));
  }
  return row;
}

absl::Status CheckWeightWithin(const WeightBounds& bounds, double weight, absl::string_view field) {
  if (weight >= bounds.low && weight <= bounds.high) return absl::OkStatus();
  return InvalidField(field,
                      absl::StrFormat("must be from %s to %s, the bounds of the synapses' "
                                      "weights, not %s",
                                      ToText(bounds.low), ToText(bounds.high), ToText(weight)));
}

absl::StatusOr<NetworkSize> CheckSpec(const NetworkSpec& spec, const Grid& grid,
                                      const Network* extended) {
  return Checker(spec, grid, extended).Run();
}

NetworkSpec ResolveSpec(const NetworkSpec& spec) {
  NetworkSpec resolved = spec;
  for (PopulationSpec& p : resolved.populations) {
    p.parameters = WithDefaults(p.parameters, *FindModel(p.model));
  }
  for (ProjectionSpec& p : resolved.projections) {
    if (p.synapse_model.empty()) p.synapse_model = std::string(PlainSynapse().name);
    p.parameters = WithDefaults(p.parameters, *FindModel(p.synapse_model));
  }
  for (MultimeterSpec& m : resolved.multimeters) {
    if (m.interval_ms == 0) m.interval_ms = kDefaultIntervalMs;
  }
  return resolved;
}

}  // namespace spiked::engine
