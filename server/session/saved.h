// Saved sessions as bytes; proto/README.md describes the form.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/simulation.h"
#include "server/session/memory.h"
#include "spiked/v1/session.pb.h"

namespace spiked::session {

// Bytes that are charged. They can be moved, and then belong to the same budget.
class ChargedBytes {
 public:
  explicit ChargedBytes(MemoryBudget* budget) : charge_(budget) {}

  // RESOURCE_EXHAUSTED (quota `memory_bytes`); then nothing has been added.
  absl::Status Append(absl::string_view bytes);
  // All that is handed on to a sink, as far as there is room. The same error.
  absl::Status Gather(absl::FunctionRef<void(engine::StateSink)> hand_on);
  absl::string_view bytes() const { return bytes_; }

 private:
  MemoryCharge charge_;
  std::string bytes_;
};

// What a session was at a moment, and will be again if it is reset to that.
struct KeptState {
  double time_ms;
  ChargedBytes simulation;
};
inline constexpr size_t kMaxSnapshots = 100;
// By name.
using Snapshots = std::map<std::string, KeptState>;
v1::Snapshot Describe(const Snapshots::value_type& snapshot);

// Hands a saved session on to `sink`, piece by piece.
void WriteSaved(const v1::Session& session, const engine::Simulation& simulation,
                const Snapshots& snapshots, engine::StateSink sink);

// A saved session that has been read: what it says of itself, the simulation, and those of
// its snapshots, in the order of about.snapshots.
struct Saved {
  v1::SavedSession about;
  absl::string_view simulation;
  std::vector<absl::string_view> snapshots = {};
};
// INVALID_ARGUMENT (reason NOT_A_SAVED_SESSION): they are none, damaged, or of a newer
// form. Whether the simulation makes sense is seen when it is restored.
absl::StatusOr<Saved> ReadSaved(absl::string_view bytes);

}  // namespace spiked::session
