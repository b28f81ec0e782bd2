// Commands as tests know them.
#pragma once

#include <algorithm>

#include "absl/strings/string_view.h"
#include "server/session/command.h"

namespace spiked::session {

// The one of the method of that name.
inline const Command& CommandNamed(absl::string_view name) {
  const auto commands = Commands();
  return *std::ranges::find_if(
      commands, [&](const Command& one) { return one.method->name() == std::string(name); });
}

}  // namespace spiked::session
