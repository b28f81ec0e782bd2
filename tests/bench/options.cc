#include "tests/bench/options.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spiked::bench {

CommandLine MakeCommandLine(Options& options) {
  std::string description =
      R"(Measures how fast the engine and the server are, on this machine, and prints
medians over the repetitions with their interquartile range (spread).

Scenarios:)";
  for (const Scenario& scenario : AllScenarios()) {
    absl::StrAppendFormat(&description, "\n  %-12s  %s", scenario.name, scenario.description);
  }
  CommandLine command_line("spiked-bench", description);
  command_line.AddArguments(
      {.name = "SCENARIO", .help = "to measure, in this order", .otherwise = "all"},
      /*required=*/false, [&options](const std::string& name) {
        const Scenario* scenario = FindScenario(name);
        if (scenario == nullptr) {
          return absl::InvalidArgumentError(absl::StrCat("there is no scenario '", name, "'"));
        }
        options.scenarios.push_back(scenario);
        return absl::OkStatus();
      });
  command_line.AddFlag(
      {.name = "--quick", .help = "few repetitions, small sizes: a test, no measurement"},
      options.settings.quick);
  command_line.AddText(
      {.name = "--json", .value = "FILE", .help = "write the figures as one JSON object, too"},
      options.json);
  command_line.AddText({.name = "--server-binary",
                        .value = "PATH",
                        .help = "measure this server",
                        .otherwise = "that of this build"},
                       options.settings.server_binary);
  command_line.SetEpilogue("Exit status: 0 everything was measured, 1 an error, 2 bad usage.");
  return command_line;
}

std::vector<const Scenario*> ScenariosOf(const Options& options) {
  if (!options.scenarios.empty()) return options.scenarios;
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : AllScenarios()) {
    if (!scenario.on_request || options.settings.quick) all.push_back(&scenario);
  }
  return all;
}

}  // namespace spiked::bench
