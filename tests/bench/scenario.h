// The scenarios that can be measured.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "tests/bench/figures.h"
#include "tests/bench/settings.h"

namespace spiked::bench {

// Each adds its figures. An error means that something did not work; a slow
// machine is none.
absl::Status RunEngine(const Settings& settings, Figures& figures);
absl::Status RunStepping(const Settings& settings, Figures& figures);
absl::Status RunMany(const Settings& settings, Figures& figures);
absl::Status RunIdle(const Settings& settings, Figures& figures);
absl::Status RunMemory(const Settings& settings, Figures& figures);
absl::Status RunLarge(const Settings& settings, Figures& figures);
absl::Status RunGrowth(const Settings& settings, Figures& figures);
absl::Status RunDurability(const Settings& settings, Figures& figures);
absl::Status RunState(const Settings& settings, Figures& figures);
absl::Status RunMicrocircuit(const Settings& settings, Figures& figures);

struct Scenario {
  std::string_view name;
  std::string_view description;
  absl::Status (*run)(const Settings&, Figures&);
  bool on_request = false;  // takes minutes and gigabytes: runs if named, or if quick
};

// All scenarios, in the order in which they run.
absl::Span<const Scenario> AllScenarios();
// The scenario of that name; null if there is none.
const Scenario* FindScenario(std::string_view name);

}  // namespace spiked::bench
