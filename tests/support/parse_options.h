// Options of a program as its command line sets them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command_line/command_line.h"

namespace spiked::testing {

// What becomes of the defaults; the error of bad usage.
template <typename Options>
absl::StatusOr<Options> ParseOptions(CommandLine (*make_command_line)(Options&),
                                     const std::vector<std::string>& arguments) {
  Options options;
  const auto answer = make_command_line(options).Parse(arguments);
  if (!answer.ok()) return answer.status();
  return options;
}

}  // namespace spiked::testing
