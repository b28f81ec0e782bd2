// The command line of spiked-verify.
#pragma once

#include <string>
#include <vector>

#include "client/command_line/command_line.h"
#include "client/cpp/address.h"

namespace spiked::verify {

struct Options {
  std::string server = client::DefaultAddress();
  // Paths of the files of cases.
  std::vector<std::string> files;
};

// What reads the options, which must outlive it.
CommandLine MakeCommandLine(Options& options);

}  // namespace spiked::verify
