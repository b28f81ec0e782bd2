// Names and addresses: `sessions/{id}`, `network/population` and the like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/simulation.h"

namespace spiked::session {

// Whether an id suits a session: a letter or digit, then up to 62 letters,
// digits, `_`, `-` or `.`.
bool IsSessionId(absl::string_view id);
// Whether a name suits a network or a snapshot: a letter, then up to 63 of the same.
bool IsNetworkName(absl::string_view name);
// INVALID_ARGUMENT, of that field, unless it does.
absl::Status CheckNetworkName(absl::string_view name, absl::string_view field);

std::string SessionName(absl::string_view id);
// The id in `sessions/{id}`. INVALID_ARGUMENT (field `session`).
absl::StatusOr<absl::string_view> SessionIdOf(absl::string_view name);

enum class PartKind { kPopulation, kProjection, kMultimeter };

// A part of a network: its handle counts among the parts of its kind.
struct Part {
  engine::Network* network = nullptr;
  int handle = -1;
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
// The same for a projection whose weights are.
absl::StatusOr<Part> FindRecordedProjection(engine::Simulation& simulation,
                                            absl::string_view address);

// What the addresses of one list in a request stand for. A closed loop sends the
// same ones again and again: they are found once, and anew when an address is
// another one or the networks have changed.
template <typename Found>
class AddressMemo {
 public:
  // What entry k of the list stands for, by `find` (address -> StatusOr<Found>) if
  // need be. Lasts until the next call.
  template <typename Find>
  absl::StatusOr<const Found*> At(const engine::Simulation& simulation, size_t k,
                                  absl::string_view address, Find find) {
    if (revision_ != simulation.revision()) {
      entries_.clear();
      revision_ = simulation.revision();
    }
    if (k < entries_.size() && entries_[k].address == address) return &entries_[k].found;
    auto found = find(address);
    if (!found.ok()) return found.status();
    if (k >= entries_.size()) entries_.resize(k + 1);
    entries_[k] = {.address = std::string(address), .found = *std::move(found)};
    return &entries_[k].found;
  }

 private:
  struct Entry {
    std::string address;
    Found found;
  };
  uint64_t revision_ = 0;  // of the simulation's networks
  std::vector<Entry> entries_;
};

}  // namespace spiked::session
