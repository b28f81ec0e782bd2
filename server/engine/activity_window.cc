#include "server/engine/activity_window.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/engine/error.h"
#include "server/engine/nearest.h"
#include "server/engine/number.h"

namespace spiked::engine {
namespace {

// As they stand behind a device's own parameters.
enum WindowParameter : size_t { kStart, kStop, kOrigin, kWindowParameters };

Step ToStep(double ms, const Grid& grid) {
  return std::isfinite(ms) ? grid.ToSteps(ms).value_or(kNever) : kNever;
}

ActivityWindow MakeWindow(double start_ms, double stop_ms, double origin_ms, const Grid& grid) {
  const Step origin = ToStep(origin_ms, grid), stop = ToStep(stop_ms, grid);
  return {.start = origin + ToStep(start_ms, grid), .stop = stop == kNever ? stop : origin + stop};
}

// As MakeWindow makes them: few enough that a delay can be added.
bool IsBound(Step step) { return step == kNever || IsTime(step / 2); }

absl::Status CheckOrder(double start_ms, double stop_ms, absl::string_view stop_field) {
  if (!(stop_ms < start_ms)) return absl::OkStatus();
  return InvalidField(stop_field,
                      absl::StrFormat("must not lie before start: %s ms is before %s ms",
                                      ToText(stop_ms), ToText(start_ms)));
}

}  // namespace

std::vector<ParameterInfo> WithWindow(std::vector<ParameterInfo> own) {
  using namespace parameter;
  constexpr double kInf = std::numeric_limits<double>::infinity();
  own.push_back(OnGrid(
      AtLeast(0, "start", "ms", 0, "Time after origin at which it becomes active, on the grid.")));
  own.push_back(OnGrid(Between(0, kInf, "stop", "ms", kInf,
                               "Time after origin at which it ceases to be active, on the grid; "
                               "not before start.")));
  own.push_back(OnGrid(AtLeast(0, "origin", "ms", 0,
                               "Time of the session from which start and stop count, on the "
                               "grid.")));
  return own;
}

absl::Status CheckWindow(ParameterRow values) {
  const ParameterRow window = values.last(kWindowParameters);
  return CheckOrder(window[kStart], window[kStop], "parameters[stop]");
}

ActivityWindows WindowsOf(std::span<const std::pmr::vector<double>> columns, const Grid& grid,
                          Memory memory) {
  const auto window = columns.last(kWindowParameters);
  ActivityWindows windows(memory);
  windows.reserve(window[kStart].size());
  for (size_t k = 0; k < window[kStart].size(); ++k) {
    windows.push_back(MakeWindow(window[kStart][k], window[kStop][k], window[kOrigin][k], grid));
  }
  return windows;
}

absl::Status CheckRecordWindow(const RecordWindow& window, const Grid& grid) {
  static const auto& infos = *new std::vector<ParameterInfo>(WithWindow({}));
  const double values[] = {window.start_ms, window.stop_ms, window.origin_ms};
  for (size_t n = 0; n < kWindowParameters; ++n) {
    const auto field = absl::StrCat(std::string(infos[n].name), "_ms");
    if (auto s = CheckParameterNumber(values[n], infos[n], grid, field); !s.ok()) return s;
  }
  return CheckOrder(window.start_ms, window.stop_ms, "stop_ms");
}

ActivityWindow WindowOf(const RecordWindow& window, const Grid& grid) {
  return MakeWindow(window.start_ms, window.stop_ms, window.origin_ms, grid);
}

absl::Status CheckRecording(const Recording& recording, const ModelInfo& emitting, const Grid& grid,
                            absl::string_view on_field) {
  if (recording.on && emitting.emission != Emission::kSpikes) {
    return InvalidField(on_field, absl::StrCat(WithArticle(emitting.name), " cannot be recorded"));
  }
  return Within("record_window", CheckRecordWindow(recording.window, grid));
}

void WindowHistory::NoteAlways(Epoch* epoch) {
  epoch->always = std::ranges::all_of(
      epoch->windows, [](const auto& window) { return window == ActivityWindow(); });
}

void WindowHistory::Restore(StateReader& read) {
  const size_t devices = state_.epochs.empty() ? 0 : state_.epochs.front().windows.size();
  read(state_);
  bool good = std::ranges::is_sorted(state_.epochs, {}, &Epoch::from);
  for (const Epoch& epoch : state_.epochs) {
    good = good && IsTime(epoch.from) && epoch.windows.size() == devices &&
           std::ranges::all_of(epoch.windows, [](const ActivityWindow& window) {
             return IsBound(window.start) && IsBound(window.stop);
           });
  }
  read.Require(good, "when devices are active");
  for (Epoch& epoch : state_.epochs) NoteAlways(&epoch);
}

void WindowHistory::Set(ActivityWindows windows, Step from) {
  std::erase_if(state_.epochs, [from](const Epoch& epoch) { return epoch.from >= from; });
  Epoch& epoch = state_.epochs.emplace_back(state_.epochs.get_allocator().resource());
  epoch.from = from;
  epoch.windows = std::move(windows);
  NoteAlways(&epoch);
}

const WindowHistory::Epoch* WindowHistory::At(Step k) const {
  const auto after = std::ranges::upper_bound(state_.epochs, k, {}, &Epoch::from);
  return after == state_.epochs.begin() ? nullptr : &*std::prev(after);
}

bool WindowHistory::HasPoint(uint32_t device, Step k) const {
  const Epoch* epoch = At(k);
  return epoch != nullptr && epoch->windows[device].HasPoint(k);
}

bool WindowHistory::AllHavePoint(Step k) const {
  const Epoch* epoch = At(k);
  return epoch != nullptr && epoch->always;
}

Step WindowHistory::NextChange(Step k) const {
  const auto after = std::ranges::upper_bound(state_.epochs, k, {}, &Epoch::from);
  Step next = after == state_.epochs.end() ? kNever : after->from;
  if (after == state_.epochs.begin() || std::prev(after)->always) return next;
  for (const ActivityWindow& window : std::prev(after)->windows) {
    if (window.start > k) next = std::min(next, window.start);
    if (window.stop > k) next = std::min(next, window.stop);
  }
  return next;
}

void WindowHistory::Forget(Step k) {
  while (state_.epochs.size() > 1 && state_.epochs[1].from <= k)
    state_.epochs.erase(state_.epochs.begin());
}

}  // namespace spiked::engine
