// The players that are measured.
#pragma once

#include <array>

#include "client/pong/player.h"

namespace spiked::bench {

inline constexpr std::array kAllPlayers = {pong::PlayerKind::kRstdp, pong::PlayerKind::kRstdpNoisy,
                                           pong::PlayerKind::kDopamine,
                                           pong::PlayerKind::kDopamineNoisy};

// Neurons of each, and rows of the field, as in the NEST example.
inline constexpr int kRows = 20;

}  // namespace spiked::bench
