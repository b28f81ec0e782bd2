#include "client/verify/options.h"

#include "absl/status/status.h"

namespace spiked::verify {

CommandLine MakeCommandLine(Options& options) {
  CommandLine command_line(
      "spiked-verify",
      R"(Runs recorded simulations on a spiked server and compares, spike by spike.

A file holds cases in JSON: a network, what is done to it, and the spikes,
signals and weights that a reference simulator computed. client/verify/README.md
has the form, with an example. Each case is built and read back through the
public API alone. './dev verify FILE' also takes recordings of older forms.)");
  command_line.AddArguments({.name = "FILE", .help = "cases to verify"}, /*required=*/true,
                            [&options](const std::string& file) {
                              options.files.push_back(file);
                              return absl::OkStatus();
                            });
  command_line.AddText(
      {.name = "--server", .value = "ADDR", .help = "server to verify, unix:/path or host:port"},
      options.server);
  command_line.SetEpilogue(
      R"(For each case: spikes expected, those of them that were equal, whether the case
agrees, and the largest deviation of each variable, that of signals in their
unit, that of weights relative; below it the first differences. A case agrees if
every spike is equal, and deviations are within the case's tolerance (unless it
says otherwise, 1e-10 for signals and 1e-9 for weights). Cases with a model that
the server does not have are skipped.

Exit status: 0 all cases agree that were not skipped, 1 a case does not, 2 bad
usage, a bad file, an error of the server, or no case that could be run.)");
  return command_line;
}

}  // namespace spiked::verify
