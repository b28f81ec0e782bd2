// When a device stimulates, or a recorder records.
#pragma once

#include <memory_resource>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/memory.h"
#include "server/engine/model.h"
#include "server/engine/spec.h"
#include "server/engine/state.h"
#include "server/engine/time.h"

namespace spiked::engine {

// From start to stop, in steps since the beginning of the simulation.
struct ActivityWindow {
  Step start = 0, stop = kNever;

  // Whether a spike or a sample of that stamp belongs to it.
  bool HasStamp(Step stamp) const { return start < stamp && stamp <= stop; }
  // Whether a current flows at the grid point, the beginning of a step.
  bool HasPoint(Step k) const { return start <= k && k < stop; }

  bool operator==(const ActivityWindow&) const = default;
  static void Members(auto& w, auto&& visit) { visit(w.start, w.stop); }
};
using ActivityWindows = std::pmr::vector<ActivityWindow>;

// The parameters of all devices that stimulate: `own`, and behind them start,
// stop and origin, from which the two count.
std::vector<ParameterInfo> WithWindow(std::vector<ParameterInfo> own);

// Checks across those parameters: a window does not end before it begins.
absl::Status CheckWindow(ParameterRow values);

// The windows of devices from the values of such parameters, [parameter][device].
ActivityWindows WindowsOf(std::span<const std::pmr::vector<double>> columns, const Grid& grid,
                          Memory memory);

// The same of a recorder; errors have fields such as `stop_ms`.
absl::Status CheckRecordWindow(const RecordWindow& window, const Grid& grid);
ActivityWindow WindowOf(const RecordWindow& window, const Grid& grid);

// INVALID_ARGUMENT, field `on_field`, where the spikes of a model, or what they transmit,
// cannot be recorded; fields such as `record_window.stop_ms` of a window.
absl::Status CheckRecording(const Recording& recording, const ModelInfo& emitting, const Grid& grid,
                            absl::string_view on_field);

// The windows of devices as they have been set in the course of time.
class WindowHistory {
 public:
  explicit WindowHistory(Memory memory) : state_(memory) {}

  // From grid point `from` on.
  void Set(ActivityWindows windows, Step from);

  // Whether the device lets a current flow at grid point k; none does before
  // windows were first set.
  bool HasPoint(uint32_t device, Step k) const;
  // Whether all devices do, at a cost that does not depend on their number.
  bool AllHavePoint(Step k) const;
  // The first grid point after k at which that may change; kNever if there is
  // none.
  Step NextChange(Step k) const;
  // Grid points before k will not be asked for any more.
  void Forget(Step k);

  void Save(StateWriter& write) const { write(state_); }
  // For as many devices as before.
  void Restore(StateReader& read);

 private:
  struct Epoch {
    explicit Epoch(Memory memory) : windows(memory) {}
    Step from = 0;
    ActivityWindows windows;
    bool always = false;  // derived: all of them
    static void Members(auto& e, auto&& visit) { visit(e.from, e.windows); }
  };
  struct State {
    explicit State(Memory memory) : epochs(memory) {}
    std::pmr::vector<Epoch> epochs;  // by time
    static void Members(auto& s, auto&& visit) { visit(s.epochs); }
  };

  static void NoteAlways(Epoch* epoch);

  const Epoch* At(Step k) const;

  State state_;
};

}  // namespace spiked::engine
