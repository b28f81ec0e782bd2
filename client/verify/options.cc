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
      "A file holds cases with all their parameters and what a reference simulator\n"
      "computed for them: single neurons and synapses, recurrent networks given by\n"
      "formulas, or a player of pong. Each case is built and read back through the\n"
      "public API alone.\n"
      "\n"
      "Options:\n"
      "  --server ADDR  server to verify, unix:/path or host:port\n"
      "                 (default: $SPIKED_SERVER, or your own)\n"
      "  --help         show this help\n"
      "  --version      show the version\n"
      "\n"
      "For each case: spikes expected, those of them that were equal, and the largest\n"
      "deviation of V_m, of weights, of a synapse's w, c and n over time, and of a\n"
      "player's winner, reward, mean reward and dopamine current; below it the first\n"
      "differences. A case agrees if every stamp is equal, V_m is at most 1e-12 mV\n"
      "off, and all else is within 1e-9 of its size.\n"
      "\n"
      "Your own server: ",
      client::DefaultAddress(),
      "\n"
      "Exit status: 0 all cases agree, 1 a case does not, 2 bad usage, a bad file, or\n"
      "an error of the server.\n");
}

}  // namespace spiked::verify
