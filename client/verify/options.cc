#include "client/verify/options.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/address.h"

namespace spiked::verify {

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  constexpr char kServer[] = "--server";
  Options options;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "--help" || *argument == "-h") {
      options.help = true;
    } else if (*argument == "--version") {
      options.version = true;
    } else if (*argument == kServer || absl::StartsWith(*argument, absl::StrCat(kServer, "="))) {
      const bool attached = *argument != kServer;
      if (!attached && argument + 1 == arguments.end()) {
        return absl::InvalidArgumentError("--server needs a value: an address");
      }
      options.server = attached ? argument->substr(sizeof(kServer)) : *++argument;
      if (options.server.empty()) {
        return absl::InvalidArgumentError("--server must be an address, not ''");
      }
    } else if (absl::StartsWith(*argument, "-")) {
      return absl::InvalidArgumentError(absl::StrCat("there is no option ", *argument));
    } else {
      options.files.push_back(*argument);
    }
  }
  if (options.files.empty() && !options.help && !options.version) {
    return absl::InvalidArgumentError("no file to verify");
  }
  return options;
}

std::string HelpText() {
  return absl::StrCat(
      "Usage: spiked-verify [--server ADDR] FILE...\n"
      "\n"
      "Runs recorded simulations on a spiked server and compares, spike by spike.\n"
      "\n"
      "A file holds cases in JSON: a network, what is done to it, and the spikes,\n"
      "signals and weights that a reference simulator computed. client/verify/README.md\n"
      "has the form, with an example. Each case is built and read back through the\n"
      "public API alone. './dev verify FILE' also takes recordings of older forms.\n"
      "\n"
      "Options:\n"
      "  --server ADDR  server to verify, unix:/path or host:port\n"
      "                 (default: $SPIKED_SERVER, or your own)\n"
      "  --help         show this help\n"
      "  --version      show the version\n"
      "\n"
      "For each case: spikes expected, those of them that were equal, whether the case\n"
      "agrees, and the largest deviation of each variable, that of signals in their\n"
      "unit, that of weights relative; below it the first differences. A case agrees if\n"
      "every spike is equal, and deviations are within the case's tolerance (unless it\n"
      "says otherwise, 1e-10 for signals and 1e-9 for weights). Cases with a model that\n"
      "the server does not have are skipped.\n"
      "\n"
      "Your own server: ",
      client::DefaultAddress(),
      "\n"
      "Exit status: 0 all cases agree that were not skipped, 1 a case does not, 2 bad\n"
      "usage, a bad file, an error of the server, or no case that could be run.\n");
}

}  // namespace spiked::verify
