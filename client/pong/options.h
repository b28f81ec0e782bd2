// The command line of spiked-pong.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "client/command_line/command_line.h"
#include "client/cpp/address.h"
#include "client/pong/player.h"

namespace spiked::pong {

struct Options {
  std::string server = client::DefaultAddress();
  std::array<PlayerKind, 2> players = {PlayerKind::kRstdpNoisy, PlayerKind::kRstdp};
  int64_t polls = 2000;
  uint64_t seed = 1;
  int num_neurons = 20;
  // Empty: the server draws one.
  std::string session_id;
  // The session whose match goes on; empty for a new match.
  std::string resume;
  // Biological over wall time; 0 is as fast as possible. Unset: as suits the
  // output.
  std::optional<double> speed;
  bool plain = false;
  // Paths; empty for none.
  std::string record;
  std::string summary;
  // Weights are recorded every so many polls; 0 for never.
  int64_t record_weights = 0;
};

// What reads the options, which must outlive it.
CommandLine MakeCommandLine(Options& options);

}  // namespace spiked::pong
