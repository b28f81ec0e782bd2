// spiked-bench: how fast the engine and the server are.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/command_line/streams.h"
#include "client/pong/output_file.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"
#include "tests/bench/options.h"

namespace spiked::bench {
namespace {

// Runs a scenario and prints its table; what was measured before an error is
// shown as well.
absl::Status Run(const Scenario& scenario, const Settings& settings, std::vector<Figure>* all) {
  Figures figures(scenario.name);
  absl::Status status = scenario.run(settings, figures);
  status.Update(WriteOut(absl::StrCat("\n", Table(figures.all()))));
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
  // What fails does not keep the others from being measured; the first error is
  // told.
  absl::Status status = WriteOut(absl::StrCat(machine.processor, ", ", machine.cores, " cores; ",
                                              machine.compiler, "; commit ", machine.commit, "\n"));
  std::vector<Figure> figures;
  for (const Scenario* scenario : ScenariosOf(options)) {
    status.Update(Run(*scenario, options.settings, &figures));
  }
  if (json) {
    json->WriteLine(Json(machine, figures));
    status.Update(json->Close());
  }
  return status;
}

}  // namespace
}  // namespace spiked::bench

int main(int argc, char** argv) {
  spiked::bench::Options options;
  auto command_line = spiked::bench::MakeCommandLine(options);
  if (const auto ended = command_line.Read(argc, argv)) return *ended;
  return command_line.Finish(spiked::bench::Measure(options));
}
