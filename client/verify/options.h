// The command line of spiked-verify.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace spiked::verify {

struct Options {
  // Empty: this user's server, see client::DefaultAddress.
  std::string server;
  // Paths of the files of cases.
  std::vector<std::string> files;
  bool help = false;
  bool version = false;
};

// Reads the arguments that follow the program's name. INVALID_ARGUMENT with a
// message for people, if they make no sense.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

// What --help prints.
std::string HelpText();

}  // namespace spiked::verify
