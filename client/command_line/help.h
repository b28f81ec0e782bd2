// How the help of all programs looks.
#pragma once

#include <string>

#include "CLI/CLI.hpp"

namespace spiked {

// Usage, description, arguments, options and what the program says at the end, in
// lines of at most 80 characters.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace spiked
