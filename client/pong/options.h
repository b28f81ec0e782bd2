// The command line of spiked-pong.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/pong/player.h"

namespace spiked::pong {

struct Options {
  // Empty: this user's server, see client::DefaultAddress.
  std::string server;
  std::array<PlayerKind, 2> players = {PlayerKind::kRstdpNoisy, PlayerKind::kRstdp};
  int64_t polls = 2000;
  uint64_t seed = 1;
  int num_neurons = 20;
  // Empty: the server draws one.
  std::string session_id;
  // Biological over wall time; 0 is as fast as possible. Unset: as suits the
  // output.
  std::optional<double> speed;
  bool plain = false;
  // Paths; empty for none.
  std::string record;
  std::string summary;
  // Weights are recorded every so many polls; 0 for never.
  int64_t record_weights = 0;
  bool help = false;
  bool version = false;
};

// Reads the arguments that follow the program's name. INVALID_ARGUMENT with a
// message for people, if they make no sense.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

// What --help prints.
std::string HelpText();

}  // namespace spiked::pong
