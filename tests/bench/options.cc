#include "tests/bench/options.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spiked::bench {

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  Options options;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "--help" || *argument == "-h") {
      options.help = true;
    } else if (*argument == "--quick") {
      options.settings.quick = true;
    } else if (*argument == "--json" || *argument == "--server-binary") {
      std::string& path = *argument == "--json" ? options.json : options.settings.server_binary;
      const std::string& flag = *argument;
      if (++argument == arguments.end() || argument->empty()) {
        return absl::InvalidArgumentError(absl::StrCat(flag, " needs a path"));
      }
      path = *argument;
    } else if (absl::StartsWith(*argument, "-")) {
      return absl::InvalidArgumentError(absl::StrCat("there is no option ", *argument));
    } else if (const Scenario* scenario = FindScenario(*argument)) {
      options.scenarios.push_back(scenario);
    } else {
      return absl::InvalidArgumentError(absl::StrCat("there is no scenario ", *argument));
    }
  }
  if (options.scenarios.empty()) {
    for (const Scenario& scenario : AllScenarios()) {
      if (!scenario.on_request || options.settings.quick) options.scenarios.push_back(&scenario);
    }
  }
  return options;
}

std::string HelpText() {
  std::string text =
      "Usage: spiked-bench [options] [scenario...]\n"
      "\n"
      "Measures how fast the engine and the server are, on this machine, and prints\n"
      "medians over the repetitions with their interquartile range (spread).\n"
      "\n"
      "Scenarios (default: all):\n";
  for (const Scenario& scenario : AllScenarios()) {
    absl::StrAppendFormat(&text, "  %-20s  %s\n", scenario.name, scenario.description);
  }
  absl::StrAppend(&text,
                  "\n"
                  "Options:\n"
                  "  --quick               few repetitions, small sizes: a test, no measurement\n"
                  "  --json FILE           write the figures as one JSON object, too\n"
                  "  --server-binary PATH  measure this server (default: that of this build)\n"
                  "  --help                show this help\n"
                  "\n"
                  "Exit status: 0 everything was measured, 1 an error, 2 bad usage.\n");
  return text;
}

}  // namespace spiked::bench
