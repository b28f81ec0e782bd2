#include "server/session/weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/engine/pace.h"
#include "server/session/address.h"
#include "server/session/limits.h"
#include "server/session/page_token.h"

namespace spiked::session {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;

constexpr uint32_t kMaxSynapses = 100'000;
// Of a part, beside its columns.
constexpr uint64_t kPartBytes = 512;

// INVALID_ARGUMENT with the field `variables[k]`.
absl::StatusOr<std::vector<SynapseVariable>> FindVariables(const Part& projection,
                                                           const Names& names) {
  std::vector<SynapseVariable> variables;
  for (const std::string& name : names) {
    if (std::ranges::find(variables, name, &SynapseVariable::name) != variables.end()) {
      return engine::InvalidField(absl::StrCat("variables[", variables.size(), "]"),
                                  "is asked for twice");
    }
    variables.push_back({.name = name, .number = 0});
  }
  for (size_t k = 0; k < variables.size(); ++k) {
    const auto number = projection.network->SynapseVariable(projection.handle, variables[k].name);
    if (!number.ok()) return engine::Within(absl::StrCat("variables[", k, "]"), number.status());
    variables[k].number = *number;
  }
  return variables;
}

// What GetWeights and ReadWeights ask for of each connection, beside its weight.
template <typename Request>
size_t FurtherColumns(const Request& request, const std::vector<SynapseVariable>& variables) {
  return variables.size() + (request.delays() ? 1 : 0);
}

template <typename Request>
void Fill(const engine::Simulation& simulation, const Request& request, absl::string_view address,
          const Part& projection, uint64_t first, uint64_t count,
          const std::vector<SynapseVariable>& variables, v1::Weights* message) {
  FillWeights(address, projection, first, count, variables, message);
  if (request.delays()) FillDelays(projection, first, count, simulation.grid(), message);
}

uint64_t SynapsesPerMessage(const engine::Network::ProjectionInfo& projection, size_t variables) {
  return std::max<uint64_t>(1, kMaxReplyBytes / BytesPerSynapse(projection, variables));
}

}  // namespace

absl::Status GetWeights(const QueryContext& context, const v1::GetWeightsRequest& request,
                        v1::GetWeightsResponse* response) {
  const auto part = FindPart(context.simulation, PartKind::kProjection, request.projection());
  if (!part.ok()) return engine::Within("projection", part.status());
  const auto page_size = PageSize(request.page_size(), kMaxSynapses);
  if (!page_size.ok()) return page_size.status();
  const auto variables = FindVariables(*part, request.variables());
  if (!variables.ok()) return variables.status();

  const auto& projection = part->network->projections()[part->handle];
  std::string key = absl::StrCat("weights\n", context.identity, "\n", request.projection(), "\n");
  for (const SynapseVariable& variable : *variables) absl::StrAppend(&key, variable.name, "\n");
  if (request.delays()) absl::StrAppend(&key, "\ndelays");
  uint64_t first = 0;
  if (!request.page_token().empty()) {
    const auto place = NumbersOf(key, request.page_token(), 1);
    if (!place.ok()) return place.status();
    first = static_cast<uint64_t>((*place)[0]);
    if (first > projection.synapses) return NotOfThisRequest();
  }
  const uint64_t count = std::min(
      {uint64_t{*page_size}, SynapsesPerMessage(projection, FurtherColumns(request, *variables)),
       projection.synapses - first});
  Fill(context.simulation, request, request.projection(), *part, first, count, *variables,
       response->mutable_weights());
  response->set_time_ms(context.simulation.now_ms());
  if (first + count < projection.synapses) {
    response->set_next_page_token(
        MakePageToken(key, std::array<int64_t, 1>{static_cast<int64_t>(first + count)}));
  }
  return absl::OkStatus();
}

absl::Status SetWeights(engine::Simulation& simulation, const v1::SetWeightsRequest& request,
                        engine::Pace* pace, v1::SetWeightsResponse* response) {
  const auto part = FindPart(simulation, PartKind::kProjection, request.projection());
  if (!part.ok()) return engine::Within("projection", part.status());
  engine::Network& network = *part->network;
  const uint64_t synapses = network.projections()[part->handle].synapses;
  const bool some = !request.connections().empty();
  if (request.has_first() && some) {
    return engine::InvalidField("connections", "cannot be given together with first");
  }
  const double number = request.weights().number();
  std::span<const double> weights(&number, 1);
  switch (request.weights().kind_case()) {
    case v1::Value::kNumber:
      if (request.has_first()) return engine::InvalidField("first", "needs a list of weights");
      if (!std::isfinite(number)) {
        return engine::InvalidField("weights",
                                    absl::StrCat("must be finite, not ", engine::ToText(number)));
      }
      break;
    case v1::Value::kList: {
      const auto& values = request.weights().list().values();
      weights = {values.data(), static_cast<size_t>(values.size())};
      // A list of one must not pass for a number for all.
      const uint64_t expected = some ? static_cast<uint64_t>(request.connections_size()) : synapses;
      if (!request.has_first() && weights.size() != expected) {
        return engine::InvalidField("weights.list",
                                    absl::StrCat("must have one entry for each of the ", expected,
                                                 " connections, not ", weights.size()));
      }
      break;
    }
    case v1::Value::kDistribution:
      return engine::InvalidField("weights.distribution", "weights cannot be drawn anew");
    case v1::Value::KIND_NOT_SET:
      return engine::InvalidField("weights", "must be a number or a list");
  }
  absl::Status status;
  if (request.has_first()) {
    if (request.first() > synapses || weights.size() > synapses - request.first()) {
      return engine::InvalidField(
          "first",
          absl::StrCat("with ", weights.size(), " weights must be at most ",
                       synapses - std::min<uint64_t>(synapses, weights.size()), ", as there are ",
                       synapses, " connections; it is ", request.first()));
    }
    status = network.SetWeightsFrom(part->handle, request.first(), weights, pace);
  } else if (some) {
    const auto& connections = request.connections();
    status = network.SetWeightsOf(
        part->handle, {connections.data(), static_cast<size_t>(connections.size())}, weights, pace);
  } else {
    status = network.SetWeights(part->handle, weights, pace);
  }
  if (absl::IsCancelled(status)) return status;
  if (!status.ok()) {
    if (absl::StrContains(engine::FieldOf(status).value_or(""), "connections")) return status;
    if (request.weights().has_list()) return engine::Within("weights.list", status);
    return engine::InvalidField("weights", status.message());
  }
  response->set_time_ms(simulation.now_ms());
  response->set_connections(synapses);
  return absl::OkStatus();
}

bool WeightReading::Continue(engine::Simulation& simulation, const v1::ReadWeightsRequest& request,
                             Stop& stop, absl::Status* status) {
  if (items_.empty()) *status = Begin(simulation, request);
  while (status->ok() && item_ < items_.size()) {
    if (stop.reason() != v1::HALT_REASON_UNSPECIFIED) {
      *status = engine::ReasonError(absl::StatusCode::kCancelled, "CANCELLED",
                                    "the call ended before all was read");
    } else if (stop.pause()) {
      return false;
    } else {
      *status = AddPart(simulation, request, stop);
    }
  }
  items_.clear();
  return true;
}

absl::Status WeightReading::Begin(engine::Simulation& simulation,
                                  const v1::ReadWeightsRequest& request) {
  if (request.projections().empty()) {
    return engine::InvalidField("projections", "must name at least one");
  }
  item_ = 0;
  first_ = 0;
  for (int k = 0; k < request.projections_size(); ++k) {
    const auto part = FindPart(simulation, PartKind::kProjection, request.projections(k));
    if (!part.ok()) return engine::Within(absl::StrCat("projections[", k, "]"), part.status());
    auto variables = FindVariables(*part, request.variables());
    if (!variables.ok()) return variables.status();
    items_.push_back({.projection = *part, .variables = *std::move(variables)});
  }
  return absl::OkStatus();
}

absl::Status WeightReading::AddPart(const engine::Simulation& simulation,
                                    const v1::ReadWeightsRequest& request, Stop& stop) {
  const Item& item = items_[item_];
  const auto& projection = item.projection.network->projections()[item.projection.handle];
  const size_t columns = FurtherColumns(request, item.variables);
  const uint64_t count =
      std::min(SynapsesPerMessage(projection, columns), projection.synapses - first_);
  const auto message = stop.AddReply(kPartBytes + count * BytesPerSynapse(projection, columns));
  if (!message.ok()) return message.status();
  auto* const response = static_cast<v1::ReadWeightsResponse*>(*message);
  response->set_time_ms(simulation.now_ms());
  response->set_first(first_);
  Fill(simulation, request, request.projections(static_cast<int>(item_)), item.projection, first_,
       count, item.variables, response->mutable_weights());
  first_ += count;
  if (first_ == projection.synapses) {
    ++item_;
    first_ = 0;
  }
  return absl::OkStatus();
}

}  // namespace spiked::session
