#include "server/session/translate.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"

namespace spiked::session {
namespace {

// The entries of a map in order of their keys: a map message has none of its
// own, and which of two mistakes is reported must not depend on hashes.
template <typename Map>
std::vector<const typename Map::value_type*> Sorted(const Map& map) {
  std::vector<const typename Map::value_type*> entries;
  entries.reserve(map.size());
  for (const auto& entry : map) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  return entries;
}

absl::StatusOr<engine::Distribution> ToEngine(const v1::Distribution& message) {
  engine::Distribution distribution;
  switch (message.kind_case()) {
    case v1::Distribution::kNormal:
      distribution.kind =
          engine::Normal{.mean = message.normal().mean(), .std = message.normal().std()};
      break;
    case v1::Distribution::kUniform:
      distribution.kind =
          engine::Uniform{.low = message.uniform().low(), .high = message.uniform().high()};
      break;
    case v1::Distribution::kLognormal:
      distribution.kind =
          engine::Lognormal{.mean = message.lognormal().mean(), .std = message.lognormal().std()};
      break;
    case v1::Distribution::KIND_NOT_SET:
      return engine::InvalidField("distribution", "must be normal, uniform or lognormal");
  }
  if (message.has_minimum()) distribution.minimum = message.minimum();
  if (message.has_maximum()) distribution.maximum = message.maximum();
  return distribution;
}

engine::ConnectionRule ToEngine(const v1::ConnectionRule& message) {
  switch (message.rule_case()) {
    case v1::ConnectionRule::kOneToOne:
      return engine::OneToOne{};
    case v1::ConnectionRule::kAllToAll:
      return engine::AllToAll{.exclude_autapses = message.all_to_all().exclude_autapses()};
    case v1::ConnectionRule::kFixedIndegree: {
      const auto& rule = message.fixed_indegree();
      return engine::FixedIndegree{.indegree = rule.indegree(),
                                   .exclude_autapses = rule.exclude_autapses(),
                                   .exclude_multapses = rule.exclude_multapses()};
    }
    case v1::ConnectionRule::kFixedOutdegree: {
      const auto& rule = message.fixed_outdegree();
      return engine::FixedOutdegree{.outdegree = rule.outdegree(),
                                    .exclude_autapses = rule.exclude_autapses(),
                                    .exclude_multapses = rule.exclude_multapses()};
    }
    case v1::ConnectionRule::kPairwiseBernoulli: {
      const auto& rule = message.pairwise_bernoulli();
      return engine::PairwiseBernoulli{.probability = rule.probability(),
                                       .exclude_autapses = rule.exclude_autapses()};
    }
    case v1::ConnectionRule::kFixedTotalNumber: {
      const auto& rule = message.fixed_total_number();
      return engine::FixedTotalNumber{.connections = rule.connections(),
                                      .exclude_autapses = rule.exclude_autapses()};
    }
    case v1::ConnectionRule::kExplicitPairs: {
      const auto& rule = message.explicit_pairs();
      return engine::ExplicitPairs{.sources = {rule.sources().begin(), rule.sources().end()},
                                   .targets = {rule.targets().begin(), rule.targets().end()}};
    }
    case v1::ConnectionRule::RULE_NOT_SET:
      break;
  }
  return std::monostate{};
}

absl::StatusOr<engine::PopulationSpec> ToEngine(const v1::Population& message) {
  auto parameters = session::ToEngine(message.parameters());
  if (!parameters.ok()) return parameters.status();
  return engine::PopulationSpec{.name = message.name(),
                                .model = message.model(),
                                .size = message.size(),
                                .parameters = *std::move(parameters),
                                .record_spikes = message.record_spikes(),
                                .record_limit = message.record_limit(),
                                .record_window = session::ToEngine(message.record_window()),
                                .mirrored = message.mirrored()};
}

absl::StatusOr<engine::ProjectionSpec> ToEngine(const v1::Projection& message) {
  engine::ProjectionSpec projection{
      .name = message.name(),
      .source = message.source(),
      .target = message.target(),
      .source_neurons = {},
      .target_neurons = {},
      .rule = ToEngine(message.rule()),
      .synapse_model = message.synapse_model(),
      .parameters = {},
      .volume_transmitter = message.volume_transmitter(),
      .weights = {.on = message.record_weights(),
                  .limit = message.record_limit(),
                  .window = session::ToEngine(message.record_window())}};
  if (message.has_source_neurons()) {
    auto neurons = session::ToEngine(message.source_neurons());
    if (!neurons.ok()) return engine::Within("source_neurons", neurons.status());
    projection.source_neurons = *std::move(neurons);
  }
  if (message.has_target_neurons()) {
    auto neurons = session::ToEngine(message.target_neurons());
    if (!neurons.ok()) return engine::Within("target_neurons", neurons.status());
    projection.target_neurons = *std::move(neurons);
  }
  if (message.has_weight()) {
    auto weight = session::ToEngine(message.weight());
    if (!weight.ok()) return engine::Within("weight", weight.status());
    projection.weight = *std::move(weight);
  }
  if (message.has_delay_ms()) {
    auto delay_ms = session::ToEngine(message.delay_ms());
    if (!delay_ms.ok()) return engine::Within("delay_ms", delay_ms.status());
    projection.delay_ms = *std::move(delay_ms);
  }
  auto parameters = session::ToEngine(message.parameters());
  if (!parameters.ok()) return parameters.status();
  projection.parameters = *std::move(parameters);
  return projection;
}

absl::StatusOr<engine::MultimeterSpec> ToEngine(const v1::Multimeter& message) {
  engine::Selection neurons;
  if (message.has_neurons()) {
    auto selection = session::ToEngine(message.neurons());
    if (!selection.ok()) return engine::Within("neurons", selection.status());
    neurons = *std::move(selection);
  }
  return engine::MultimeterSpec{
      .name = message.name(),
      .population = message.population(),
      .neurons = std::move(neurons),
      .variables = {message.variables().begin(), message.variables().end()},
      .interval_ms = message.interval_ms(),
      .record_limit = message.record_limit(),
      .record_window = session::ToEngine(message.record_window())};
}

// Translates item by item; the index goes into the field of an error.
template <typename Messages, typename Spec>
absl::Status AppendAll(const Messages& messages, absl::string_view field,
                       std::vector<Spec>& specs) {
  specs.reserve(messages.size());
  for (int k = 0; k < messages.size(); ++k) {
    auto spec = ToEngine(messages[k]);
    if (!spec.ok()) return engine::Within(absl::StrCat(field, "[", k, "]"), spec.status());
    specs.push_back(*std::move(spec));
  }
  return absl::OkStatus();
}

void ToContract(const engine::Distribution& distribution, v1::Distribution* message) {
  if (const auto* normal = std::get_if<engine::Normal>(&distribution.kind)) {
    message->mutable_normal()->set_mean(normal->mean);
    message->mutable_normal()->set_std(normal->std);
  } else if (const auto* uniform = std::get_if<engine::Uniform>(&distribution.kind)) {
    message->mutable_uniform()->set_low(uniform->low);
    message->mutable_uniform()->set_high(uniform->high);
  } else if (const auto* lognormal = std::get_if<engine::Lognormal>(&distribution.kind)) {
    message->mutable_lognormal()->set_mean(lognormal->mean);
    message->mutable_lognormal()->set_std(lognormal->std);
  }
  if (std::isfinite(distribution.minimum)) message->set_minimum(distribution.minimum);
  if (std::isfinite(distribution.maximum)) message->set_maximum(distribution.maximum);
}

void ToContract(const engine::Value& value, v1::Value* message) {
  if (const double* number = std::get_if<double>(&value)) {
    message->set_number(*number);
  } else if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    message->mutable_list()->mutable_values()->Assign(list->begin(), list->end());
  } else {
    ToContract(std::get<engine::Distribution>(value), message->mutable_distribution());
  }
}

// Left unset where everything is recorded.
template <typename Recorder>
void SetRecordWindow(const engine::RecordWindow& window, Recorder* message) {
  if (window == engine::RecordWindow()) return;
  v1::RecordWindow& out = *message->mutable_record_window();
  out.set_start_ms(window.start_ms);
  if (std::isfinite(window.stop_ms)) out.set_stop_ms(window.stop_ms);
  out.set_origin_ms(window.origin_ms);
}

void ToContract(const engine::Parameters& parameters, ValueMap* message) {
  for (const auto& [name, value] : parameters) ToContract(value, &(*message)[name]);
}

// Sets the alternative of the message that stands for a rule of the engine.
struct RuleSetter {
  v1::ConnectionRule* message;

  void operator()(std::monostate) const {}
  void operator()(const engine::OneToOne&) const { message->mutable_one_to_one(); }
  void operator()(const engine::AllToAll& rule) const {
    message->mutable_all_to_all()->set_exclude_autapses(rule.exclude_autapses);
  }
  void operator()(const engine::FixedIndegree& rule) const {
    auto* out = message->mutable_fixed_indegree();
    out->set_indegree(rule.indegree);
    out->set_exclude_autapses(rule.exclude_autapses);
    out->set_exclude_multapses(rule.exclude_multapses);
  }
  void operator()(const engine::FixedOutdegree& rule) const {
    auto* out = message->mutable_fixed_outdegree();
    out->set_outdegree(rule.outdegree);
    out->set_exclude_autapses(rule.exclude_autapses);
    out->set_exclude_multapses(rule.exclude_multapses);
  }
  void operator()(const engine::PairwiseBernoulli& rule) const {
    auto* out = message->mutable_pairwise_bernoulli();
    out->set_probability(rule.probability);
    out->set_exclude_autapses(rule.exclude_autapses);
  }
  void operator()(const engine::FixedTotalNumber& rule) const {
    auto* out = message->mutable_fixed_total_number();
    out->set_connections(rule.connections);
    out->set_exclude_autapses(rule.exclude_autapses);
  }
  void operator()(const engine::ExplicitPairs& rule) const {
    auto* out = message->mutable_explicit_pairs();
    out->mutable_sources()->Assign(rule.sources.begin(), rule.sources.end());
    out->mutable_targets()->Assign(rule.targets.begin(), rule.targets.end());
  }
};

}  // namespace

absl::StatusOr<engine::Value> ToEngine(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kNumber:
      return value.number();
    case v1::Value::kList:
      return std::vector<double>(value.list().values().begin(), value.list().values().end());
    case v1::Value::kDistribution: {
      auto distribution = ToEngine(value.distribution());
      if (!distribution.ok()) return distribution.status();
      return *std::move(distribution);
    }
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return engine::InvalidField("", "must be a number, a list or a distribution");
}

absl::StatusOr<engine::Selection> ToEngine(const v1::NeuronSelection& selection) {
  switch (selection.kind_case()) {
    case v1::NeuronSelection::kRange:
      return engine::NeuronRange{.first = selection.range().first(),
                                 .count = selection.range().count(),
                                 .step = std::max(1u, selection.range().step())};
    case v1::NeuronSelection::kList:
      return std::vector<uint32_t>(selection.list().indices().begin(),
                                   selection.list().indices().end());
    case v1::NeuronSelection::KIND_NOT_SET:
      break;
  }
  return engine::InvalidField("", "must be a range or a list");
}

engine::RecordWindow ToEngine(const v1::RecordWindow& message) {
  engine::RecordWindow window{.start_ms = message.start_ms(), .origin_ms = message.origin_ms()};
  if (message.has_stop_ms()) window.stop_ms = message.stop_ms();
  return window;
}

absl::StatusOr<engine::Parameters> ToEngine(const ValueMap& parameters) {
  engine::Parameters result;
  for (const auto* entry : Sorted(parameters)) {
    auto value = ToEngine(entry->second);
    if (!value.ok()) {
      return engine::Within(absl::StrCat("parameters[", entry->first, "]"), value.status());
    }
    result.emplace_hint(result.end(), entry->first, *std::move(value));
  }
  return result;
}

absl::StatusOr<engine::NetworkSpec> ToEngine(const v1::NetworkSpecification& specification) {
  engine::NetworkSpec spec;
  absl::Status status = AppendAll(specification.populations(), "populations", spec.populations);
  if (status.ok()) {
    status = AppendAll(specification.projections(), "projections", spec.projections);
  }
  if (status.ok()) {
    status = AppendAll(specification.multimeters(), "multimeters", spec.multimeters);
  }
  if (!status.ok()) return status;
  return spec;
}

absl::StatusOr<presets::Options> ToOptions(const google::protobuf::Struct& options) {
  presets::Options result;
  for (const auto* entry : Sorted(options.fields())) {
    const google::protobuf::Value& value = entry->second;
    switch (value.kind_case()) {
      case google::protobuf::Value::kBoolValue:
        result[entry->first] = value.bool_value();
        break;
      case google::protobuf::Value::kNumberValue:
        result[entry->first] = value.number_value();
        break;
      case google::protobuf::Value::kStringValue:
        result[entry->first] = value.string_value();
        break;
      default:
        return engine::InvalidField(absl::StrCat("preset.options[", entry->first, "]"),
                                    "must be a number, a string, true or false");
    }
  }
  return result;
}

namespace {

// Nothing where all neurons are meant.
template <typename Mutable>
void ToContract(const engine::Selection& selection, const Mutable& message) {
  if (const auto* range = std::get_if<engine::NeuronRange>(&selection)) {
    message()->mutable_range()->set_first(range->first);
    message()->mutable_range()->set_count(range->count);
    message()->mutable_range()->set_step(range->step);
  } else if (const auto* list = std::get_if<std::vector<uint32_t>>(&selection)) {
    message()->mutable_list()->mutable_indices()->Assign(list->begin(), list->end());
  }
}

}  // namespace

void ToContract(const engine::NetworkSpec& spec, v1::NetworkSpecification* specification) {
  for (const engine::PopulationSpec& population : spec.populations) {
    auto* out = specification->add_populations();
    out->set_name(population.name);
    out->set_model(population.model);
    out->set_size(population.size);
    ToContract(population.parameters, out->mutable_parameters());
    out->set_record_spikes(population.record_spikes);
    out->set_record_limit(population.record_limit);
    SetRecordWindow(population.record_window, out);
    out->set_mirrored(population.mirrored);
  }
  for (const engine::ProjectionSpec& projection : spec.projections) {
    auto* out = specification->add_projections();
    out->set_name(projection.name);
    out->set_source(projection.source);
    out->set_target(projection.target);
    std::visit(RuleSetter{out->mutable_rule()}, projection.rule);
    out->set_synapse_model(projection.synapse_model);
    ToContract(projection.weight, out->mutable_weight());
    ToContract(projection.delay_ms, out->mutable_delay_ms());
    ToContract(projection.parameters, out->mutable_parameters());
    out->set_volume_transmitter(projection.volume_transmitter);
    ToContract(projection.source_neurons, [out] { return out->mutable_source_neurons(); });
    ToContract(projection.target_neurons, [out] { return out->mutable_target_neurons(); });
    out->set_record_weights(projection.weights.on);
    out->set_record_limit(projection.weights.limit);
    SetRecordWindow(projection.weights.window, out);
  }
  for (const engine::MultimeterSpec& multimeter : spec.multimeters) {
    auto* out = specification->add_multimeters();
    out->set_name(multimeter.name);
    out->set_population(multimeter.population);
    out->mutable_variables()->Assign(multimeter.variables.begin(), multimeter.variables.end());
    out->set_interval_ms(multimeter.interval_ms);
    ToContract(multimeter.neurons, [out] { return out->mutable_neurons(); });
    out->set_record_limit(multimeter.record_limit);
    SetRecordWindow(multimeter.record_window, out);
  }
}

void ToContract(const engine::NetworkSize& size, v1::NetworkSize* message) {
  message->set_neurons(size.neurons);
  message->set_synapses(size.synapses);
  message->set_bytes(size.bytes);
}

}  // namespace spiked::session
