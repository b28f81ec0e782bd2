// Checking a specification, and filling in what it leaves out.
#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/connect.h"
#include "server/engine/error.h"
#include "server/engine/model.h"
#include "server/engine/network.h"
#include "server/engine/number.h"
#include "server/engine/reach.h"
#include "server/engine/values.h"

namespace spiked::engine {
namespace {

// What a population does, as far as connections are concerned.
bool EmitsSpikes(absl::string_view model) {
  return model == "iaf_psc_exp" || model == "parrot_neuron" || model == "spike_generator";
}
bool EmitsCurrents(absl::string_view model) {
  return model == "dc_generator" || model == "step_current_generator" || model == "noise_generator";
}
bool ReceivesSpikes(absl::string_view model) {
  return model == "iaf_psc_exp" || model == "parrot_neuron" || model == "volume_transmitter";
}

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
  Checker(const NetworkSpec& spec, const Grid& grid) : spec_(spec), grid_(grid) {}

  absl::StatusOr<NetworkSize> Run() {
    if (spec_.populations.empty()) {
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
  absl::Status CheckUnique(absl::string_view name, absl::flat_hash_set<std::string>* names) {
    if (auto s = CheckName(name, "name"); !s.ok()) return s;
    if (names->insert(std::string(name)).second) return absl::OkStatus();
    return InvalidField("name", absl::StrCat("'", name, "' occurs twice"));
  }

  absl::Status CheckParameters(const Parameters& parameters, const ModelInfo& model,
                               uint64_t size) {
    for (const auto& [name, value] : parameters) {
      const std::string field = absl::StrCat("parameters[", name, "]");
      const ParameterInfo* info = model.FindParameter(name);
      if (info == nullptr) {
        return NotFound(field, absl::StrCat(std::string(model.name), " has no parameter '", name,
                                            "'; ListModels tells which there are"));
      }
      if (auto s = CheckParameterValue(value, *info, size, field); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status CheckParameterValue(const Value& value, const ParameterInfo& info, uint64_t size,
                                   absl::string_view field) {
    if (auto s = CheckValue(value, size, field, std::isinf(info.maximum)); !s.ok()) return s;
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
    if (auto s = CheckUnique(p.name, &population_names_); !s.ok()) return s;
    const ModelInfo* model = FindModel(p.model);
    if (model == nullptr || model->kind == ModelKind::kSynapse) {
      return NotFound("model", absl::StrCat("there is no model '", p.model,
                                            "' of neurons or devices; ListModels tells which "
                                            "there are"));
    }
    if (p.size == 0) return InvalidField("size", "must be at least 1");
    if (model->kind == ModelKind::kVolumeTransmitter && p.size != 1) {
      return InvalidField("size", "must be 1 for a volume_transmitter");
    }
    if (auto s = CheckParameters(p.parameters, *model, p.size); !s.ok()) return s;
    if (p.model == "iaf_psc_exp") {
      if (auto s = CheckReset(p); !s.ok()) return s;
    }
    if (p.model == "volume_transmitter" || p.model == "noise_generator") {
      // One number holds for all.
      for (const char* name : {"deliver_interval", "dt"}) {
        const auto it = p.parameters.find(name);
        if (it == p.parameters.end()) continue;
        if (!std::holds_alternative<double>(it->second)) {
          return InvalidField(absl::StrCat("parameters[", name, "]"), "must be a single number");
        }
      }
    }
    if (p.record_spikes && !EmitsSpikes(p.model)) {
      return InvalidField("record_spikes", absl::StrCat("a ", p.model, " cannot be recorded"));
    }
    size_.neurons += p.size;
    size_.bytes += uint64_t{p.size} * kBytesPerNeuron;
    populations_[p.name] = &p;
    return absl::OkStatus();
  }

  // Room for what is under way: two weights for each step within reach of a
  // neuron, a count for each of a relay.
  uint64_t RingBytes() const {
    const auto slots = std::bit_ceil(static_cast<uint64_t>(reach_.horizon()));
    uint64_t bytes = 0;
    for (const PopulationSpec& p : spec_.populations) {
      const uint64_t in_slot = p.model == "iaf_psc_exp"  ? 2 * sizeof(double)
                               : ReceivesSpikes(p.model) ? sizeof(uint32_t)
                                                         : 0;
      bytes += p.size * slots * in_slot;
    }
    return bytes;
  }

  // V_reset < V_th, as far as that can be told before drawing.
  static absl::Status CheckReset(const PopulationSpec& p) {
    const ModelInfo& model = *FindModel(p.model);
    const auto at = [&](const char* name, size_t k) {
      const auto it = p.parameters.find(name);
      if (it == p.parameters.end()) return model.FindParameter(name)->default_value;
      if (const auto* number = std::get_if<double>(&it->second)) return *number;
      if (const auto* list = std::get_if<std::vector<double>>(&it->second)) return (*list)[k];
      return std::numeric_limits<double>::quiet_NaN();
    };
    for (size_t k = 0; k < p.size; ++k) {
      if (at("V_reset", k) >= at("V_th", k)) {
        return InvalidField(
            "parameters[V_reset]",
            absl::StrFormat("must be below V_th: %s mV is not below %s mV (neuron %d)",
                            ToText(at("V_reset", k)), ToText(at("V_th", k)), k));
      }
      if (!VariesByNeuron(p, "V_reset") && !VariesByNeuron(p, "V_th")) break;
    }
    return absl::OkStatus();
  }

  static bool VariesByNeuron(const PopulationSpec& p, const char* name) {
    const auto it = p.parameters.find(name);
    return it != p.parameters.end() && std::holds_alternative<std::vector<double>>(it->second);
  }

  absl::Status CheckProjection(const ProjectionSpec& p) {
    if (auto s = CheckUnique(p.name, &projection_names_); !s.ok()) return s;
    const auto source = populations_.find(p.source);
    if (source == populations_.end()) {
      return NotFound("source", absl::StrCat("there is no population '", p.source, "'"));
    }
    const auto target = populations_.find(p.target);
    if (target == populations_.end()) {
      return NotFound("target", absl::StrCat("there is no population '", p.target, "'"));
    }
    const std::string synapse = p.synapse_model.empty() ? "static_synapse" : p.synapse_model;
    const ModelInfo* model = FindModel(synapse);
    if (model == nullptr || model->kind != ModelKind::kSynapse) {
      return NotFound("synapse_model", absl::StrCat("there is no synapse model '", synapse, "'"));
    }
    if (auto s = CheckEnds(source->second->model, target->second->model, synapse); !s.ok()) {
      return s;
    }
    const ConnectionShape shape = {.sources = source->second->size,
                                   .targets = target->second->size,
                                   .same_population = p.source == p.target};
    if (auto s = CheckRule(p.rule, shape); !s.ok()) return Within("rule", s);
    const uint64_t count = ExpectedConnections(p.rule, shape);
    if (count > kMaxConnections) {
      return InvalidField("rule", absl::StrFormat("makes %d connections; at most %d are possible",
                                                  count, kMaxConnections));
    }
    if (auto s = CheckWeight(p, count); !s.ok()) return s;
    if (auto s = CheckDelay(p, count); !s.ok()) return s;
    if (EmitsCurrents(source->second->model) && !std::holds_alternative<double>(p.delay_ms)) {
      return InvalidField("delay_ms", "must be a single number for a device that injects currents");
    }
    for (const auto& [name, value] : p.parameters) {
      if (!std::holds_alternative<double>(value)) {
        return InvalidField(absl::StrCat("parameters[", name, "]"),
                            "must be a single number, shared by all synapses");
      }
    }
    if (auto s = CheckParameters(p.parameters, *model, 1); !s.ok()) return s;
    if (auto s = CheckDopamine(p, synapse, *model); !s.ok()) return s;

    if (count > 0) reach_.Include(DelaysOf(p));
    size_.synapses += count;
    size_.bytes += count * BytesPerSynapse(p, synapse) + uint64_t{shape.sources} * 8;
    return absl::OkStatus();
  }

  static absl::Status CheckEnds(const std::string& source, const std::string& target,
                                const std::string& synapse) {
    const auto connects = [&](absl::string_view what) {
      return InvalidField("target", absl::StrCat("a ", source, what, ", not ", target));
    };
    if (EmitsCurrents(source)) {
      if (target != "iaf_psc_exp") return connects(" drives iaf_psc_exp");
    } else if (EmitsSpikes(source) || source == "poisson_generator") {
      if (!ReceivesSpikes(target)) {
        return connects(" connects to iaf_psc_exp, parrot_neuron or volume_transmitter");
      }
    } else {
      return InvalidField("source", absl::StrCat("a ", source, " has no outgoing connections"));
    }
    if (synapse == "static_synapse") return absl::OkStatus();
    if (!EmitsSpikes(source)) {
      return InvalidField("synapse_model",
                          absl::StrCat("must be static_synapse where the source is a ", source));
    }
    if (target != "iaf_psc_exp") {
      return InvalidField("synapse_model",
                          absl::StrCat("must be static_synapse where the target is a ", target));
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
  static uint64_t BytesPerSynapse(const ProjectionSpec& p, absl::string_view synapse) {
    uint64_t bytes = sizeof(uint32_t);
    if (synapse != "static_synapse" || !std::holds_alternative<double>(p.weight)) {
      bytes += sizeof(double);
    }
    if (!std::holds_alternative<double>(p.delay_ms)) bytes += 2 * sizeof(uint32_t);
    if (synapse == "stdp_dopamine_synapse") bytes += sizeof(double) + 2 * sizeof(uint32_t);
    return bytes;
  }

  static bool HasUnknownCount(const ProjectionSpec& p) {
    return std::holds_alternative<PairwiseBernoulli>(p.rule);
  }

  absl::Status CheckDopamine(const ProjectionSpec& p, const std::string& synapse,
                             const ModelInfo& model) {
    if (synapse != "stdp_dopamine_synapse") {
      if (p.volume_transmitter.empty()) return absl::OkStatus();
      return InvalidField("volume_transmitter", absl::StrCat("must be empty for ", synapse));
    }
    const auto transmitter = populations_.find(p.volume_transmitter);
    if (transmitter == populations_.end()) {
      return NotFound("volume_transmitter",
                      absl::StrCat("there is no population '", p.volume_transmitter, "'"));
    }
    if (transmitter->second->model != "volume_transmitter") {
      return InvalidField("volume_transmitter", absl::StrCat("'", p.volume_transmitter, "' is a ",
                                                             transmitter->second->model));
    }
    const auto number = [&](const char* name) {
      const auto it = p.parameters.find(name);
      return it == p.parameters.end() ? model.FindParameter(name)->default_value
                                      : std::get<double>(it->second);
    };
    if (number("Wmin") <= number("Wmax")) return absl::OkStatus();
    return InvalidField("parameters[Wmin]", absl::StrFormat("must be at most Wmax (%s), not %s",
                                                            ToText(number("Wmax")), ToText(number("Wmin"))));
  }

  absl::Status CheckMultimeter(const MultimeterSpec& m) {
    if (auto s = CheckUnique(m.name, &multimeter_names_); !s.ok()) return s;
    const auto population = populations_.find(m.population);
    if (population == populations_.end()) {
      return NotFound("population", absl::StrCat("there is no population '", m.population, "'"));
    }
    const ModelInfo& model = *FindModel(population->second->model);
    if (m.variables.empty()) return InvalidField("variables", "must name at least one variable");
    for (size_t k = 0; k < m.variables.size(); ++k) {
      if (!model.HasRecordable(m.variables[k])) {
        return NotFound(
            absl::StrCat("variables[", k, "]"),
            absl::StrCat(std::string(model.name), " has no recordable '", m.variables[k], "'"));
      }
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
  NetworkSize size_;
  Reach reach_{grid_};
  absl::flat_hash_map<std::string, const PopulationSpec*> populations_;
  absl::flat_hash_set<std::string> population_names_, projection_names_, multimeter_names_;
};

Parameters WithDefaults(const Parameters& given, const ModelInfo& model) {
  Parameters all = given;
  for (const ParameterInfo& info : model.parameters) {
    if (!std::isnan(info.default_value)) {
      all.try_emplace(std::string(info.name), info.default_value);
    }
  }
  return all;
}

}  // namespace

absl::Status CheckParameterNumber(double x, const ParameterInfo& info, const Grid& grid,
                                  absl::string_view field) {
  const bool above = info.exclusive_minimum ? x > info.minimum : x >= info.minimum;
  if (!above) {
    return InvalidField(field, absl::StrFormat("must be %s %s %s, not %s",
                                               info.exclusive_minimum ? "above" : "at least",
                                               ToText(info.minimum), info.unit, ToText(x)));
  }
  if (!(x <= info.maximum)) {
    return InvalidField(
        field, absl::StrFormat("must be at most %s %s, not %s", ToText(info.maximum), info.unit, ToText(x)));
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

absl::StatusOr<NetworkSize> CheckSpec(const NetworkSpec& spec, const Grid& grid) {
  return Checker(spec, grid).Run();
}

NetworkSpec ResolveSpec(const NetworkSpec& spec) {
  NetworkSpec resolved = spec;
  for (PopulationSpec& p : resolved.populations) {
    p.parameters = WithDefaults(p.parameters, *FindModel(p.model));
    if (p.model == "iaf_psc_exp" && !std::holds_alternative<Distribution>(p.parameters["E_L"])) {
      p.parameters.try_emplace("V_m", p.parameters["E_L"]);
    }
  }
  for (ProjectionSpec& p : resolved.projections) {
    if (p.synapse_model.empty()) p.synapse_model = "static_synapse";
    p.parameters = WithDefaults(p.parameters, *FindModel(p.synapse_model));
  }
  for (MultimeterSpec& m : resolved.multimeters) {
    if (m.interval_ms == 0) m.interval_ms = kDefaultIntervalMs;
  }
  return resolved;
}

}  // namespace spiked::engine
