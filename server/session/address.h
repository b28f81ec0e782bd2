// Names and addresses: `sessions/{id}`, `network/population` and the like.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/simulation.h"

namespace spiked::session {

// Whether an id suits a session: a letter or digit, then up to 62 letters,
// digits, `_`, `-` or `.`.
bool IsSessionId(absl::string_view id);
// Whether a name suits a network: a letter, then up to 63 of the same.
bool IsNetworkName(absl::string_view name);

std::string SessionName(absl::string_view id);
// The id in `sessions/{id}`. INVALID_ARGUMENT (field `session`).
absl::StatusOr<absl::string_view> SessionIdOf(absl::string_view name);

enum class PartKind { kPopulation, kProjection, kMultimeter };

// A part of a network: its handle counts among the parts of its kind.
struct Part {
  engine::Network* network;
  int handle;
};

// The part with the address `network/part`. INVALID_ARGUMENT, or NOT_FOUND where the
// session has no such network, with an empty field for the caller to put into place
// (engine::Within).
absl::StatusOr<Part> FindPart(engine::Simulation& simulation, PartKind kind,
                              absl::string_view address);
// FindPart for a population whose spikes are recorded; else
// FAILED_PRECONDITION (reason NOT_RECORDED).
absl::StatusOr<Part> FindRecordedPopulation(engine::Simulation& simulation,
                                            absl::string_view address);

}  // namespace spiked::session
