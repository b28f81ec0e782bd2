// spiked-bench: how fast the engine and the server are.
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/pong/output_file.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"
#include "tests/bench/options.h"

namespace spiked::bench {
namespace {

constexpr int kError = 1;
constexpr int kBadUsage = 2;

void Complain(absl::string_view message) {
  std::fputs(absl::StrCat("spiked-bench: ", message, "\n").c_str(), stderr);
}

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Runs a scenario and prints its table; what was measured before an error is
// shown as well.
absl::Status Run(const Scenario& scenario, const Settings& settings, std::vector<Figure>* all) {
  Figures figures(scenario.name);
  absl::Status status = scenario.run(settings, figures);
  Print(absl::StrCat("\n", Table(figures.all())));
  all->insert(all->end(), figures.all().begin(), figures.all().end());
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(std::string(scenario.name), ": ", status.message()));
}

absl::Status Measure(const Options& options) {
  // A long measurement must not end with the news that its result has no place.
  std::optional<pong::OutputFile> json;
  if (!options.json.empty()) {
    auto file = pong::OutputFile::Open(options.json);
    if (!file.ok()) return file.status();
    json = *std::move(file);
  }
  const Machine machine = ThisMachine();
  Print(absl::StrCat(machine.processor, ", ", machine.cores, " cores; ", machine.compiler,
                     "; commit ", machine.commit, "\n"));
  // One that fails does not keep the others from being measured; the first
  // error is told.
  absl::Status status;
  std::vector<Figure> figures;
  for (const Scenario* scenario : options.scenarios) {
    status.Update(Run(*scenario, options.settings, &figures));
  }
  if (json) {
    json->WriteLine(Json(machine, figures));
    status.Update(json->Close());
  }
  return status;
}

int Main(const std::vector<std::string>& arguments) {
  const auto options = ParseOptions(arguments);
  if (!options.ok()) {
    Complain(absl::StrCat(options.status().message(), "\nTry 'spiked-bench --help'."));
    return kBadUsage;
  }
  if (options->help) {
    Print(HelpText());
    return 0;
  }
  const absl::Status status = Measure(*options);
  if (status.ok()) return 0;
  Complain(status.message());
  return kError;
}

}  // namespace
}  // namespace spiked::bench

int main(int argc, char** argv) { return spiked::bench::Main({argv + 1, argv + argc}); }
