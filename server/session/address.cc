#include "server/session/address.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/engine/error.h"
#include "server/engine/nearest.h"

namespace spiked::session {
namespace {

constexpr absl::string_view kSessions = "sessions/";

bool IsNameTail(absl::string_view tail) {
  return std::all_of(tail.begin(), tail.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

absl::string_view NameOf(PartKind kind) {
  switch (kind) {
    case PartKind::kPopulation:
      return "population";
    case PartKind::kProjection:
      return "projection";
    case PartKind::kMultimeter:
      return "multimeter";
  }
  return "";
}

int Find(const engine::Network& network, PartKind kind, absl::string_view name) {
  switch (kind) {
    case PartKind::kPopulation:
      return network.FindPopulation(name);
    case PartKind::kProjection:
      return network.FindProjection(name);
    case PartKind::kMultimeter:
      return network.FindMultimeter(name);
  }
  return -1;
}

std::vector<absl::string_view> Names(const engine::Network& network, PartKind kind) {
  switch (kind) {
    case PartKind::kPopulation:
      return engine::NamesOf(network.populations());
    case PartKind::kProjection:
      return engine::NamesOf(network.projections());
    case PartKind::kMultimeter:
      return engine::NamesOf(network.multimeters());
  }
  return {};
}

}  // namespace

bool IsSessionId(absl::string_view id) {
  return !id.empty() && id.size() <= 63 && absl::ascii_isalnum(id[0]) && IsNameTail(id.substr(1));
}

bool IsNetworkName(absl::string_view name) {
  return !name.empty() && name.size() <= 64 && absl::ascii_isalpha(name[0]) &&
         IsNameTail(name.substr(1));
}

absl::Status CheckNetworkName(absl::string_view name, absl::string_view field) {
  if (IsNetworkName(name)) return absl::OkStatus();
  return engine::InvalidField(field,
                              "must be a letter and up to 63 letters, digits, '_', '-' or '.'");
}

std::string SessionName(absl::string_view id) { return absl::StrCat(kSessions, id); }

absl::StatusOr<absl::string_view> SessionIdOf(absl::string_view name) {
  absl::string_view id = name;
  if (!absl::ConsumePrefix(&id, kSessions) || !IsSessionId(id)) {
    return engine::InvalidField("session",
                                "must be sessions/{id}, with an id of a letter or digit "
                                "and up to 62 letters, digits, '_', '-' or '.'");
  }
  return id;
}

absl::StatusOr<Part> FindPart(engine::Simulation& simulation, PartKind kind,
                              absl::string_view address) {
  const size_t slash = address.find('/');
  if (slash == absl::string_view::npos) {
    return engine::InvalidField("", absl::StrCat("must be network/", NameOf(kind)));
  }
  const absl::string_view network_name = address.substr(0, slash);
  const absl::string_view name = address.substr(slash + 1);
  engine::Network* const network = simulation.FindNetwork(network_name);
  if (network == nullptr) {
    return engine::NotFound("", absl::StrCat("the session has no network '", network_name, "'"));
  }
  const int handle = Find(*network, kind, name);
  if (handle < 0) {
    return engine::UnknownName("",
                               absl::StrCat("network '", network_name, "' has no ", NameOf(kind)),
                               name, Names(*network, kind));
  }
  return Part{.network = network, .handle = handle};
}

absl::StatusOr<Part> FindRecordedPopulation(engine::Simulation& simulation,
                                            absl::string_view address) {
  auto part = FindPart(simulation, PartKind::kPopulation, address);
  if (part.ok() && !part->network->populations()[part->handle].recorded) {
    return engine::FieldError(absl::StatusCode::kFailedPrecondition, "NOT_RECORDED", "",
                              "the spikes of this population are not recorded; its specification "
                              "must say record_spikes, or SetRecording be called");
  }
  return part;
}

absl::StatusOr<Part> FindRecordedProjection(engine::Simulation& simulation,
                                            absl::string_view address) {
  auto part = FindPart(simulation, PartKind::kProjection, address);
  if (part.ok() && !part->network->projections()[part->handle].recorded) {
    return engine::FieldError(absl::StatusCode::kFailedPrecondition, "NOT_RECORDED", "",
                              "the weights of this projection are not recorded; its specification "
                              "must say record_weights, or SetRecording be called");
  }
  return part;
}

}  // namespace spiked::session
