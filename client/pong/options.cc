#include "client/pong/options.h"

#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace spiked::pong {
namespace {

constexpr int64_t kMostPolls = 1'000'000'000;
// Both matrices, 8 bytes a weight, within the 4 MB that a server returns at once.
constexpr int kMostNeurons = 400;

absl::Status TakePlayers(const std::string& text, std::array<PlayerKind, 2>& players) {
  const std::vector<std::string> names = absl::StrSplit(text, ',');
  const auto left = ParsePlayerKind(names.front());
  const auto right = ParsePlayerKind(names.back());
  if (names.size() != 2 || !left || !right) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be two of r, rn, d, dn with a comma between them, not '", text, "'"));
  }
  players = {*left, *right};
  return absl::OkStatus();
}

}  // namespace

CommandLine MakeCommandLine(Options& options) {
  CommandLine command_line(
      "spiked-pong",
      R"(Two spiking networks on a spiked server learn to play pong against each other.

Players:
  r    reward-modulated STDP
  rn   the same with noise to explore with: learns in 3,000 to 4,000 polls
  d    dopaminergic STDP with an actor and a critic
  dn   the same with Poisson background: learns slowly)");
  command_line.AddText(
      {.name = "--server", .value = "ADDR", .help = "server to play on, unix:/path or host:port"},
      options.server);
  command_line.Add(
      {.name = "--players",
       .value = "LEFT,RIGHT",
       .help = "any two of r, rn, d, dn",
       .otherwise = "rn,r"},
      [&options](const std::string& text) { return TakePlayers(text, options.players); });
  command_line.AddNumber<int64_t>(
      {.name = "--polls", .value = "N", .help = "length of the match in polls of 200 ms"},
      options.polls, 1, kMostPolls);
  command_line.AddNumber<uint64_t>(
      {.name = "--seed", .value = "N", .help = "seed of all that is random"}, options.seed, 0,
      std::numeric_limits<uint64_t>::max());
  command_line.AddNumber(
      {.name = "--num-neurons",
       .value = "N",
       .help = absl::StrCat("motor neurons of a player, rows of the field, at most ", kMostNeurons,
                            ", as one answer holds the weights of both players")},
      options.num_neurons, 2, kMostNeurons);
  command_line.AddText({.name = "--session-id",
                        .value = "ID",
                        .help = "id of the session on the server",
                        .otherwise = "drawn"},
                       options.session_id);
  command_line.Add({.name = "--speed",
                    .value = "X",
                    .help = "times real time; 0: as fast as possible",
                    .otherwise = "20 for the live picture, else 0"},
                   [&options](const std::string& text) {
                     const auto speed = ReadNumber(text, 0.0, 1e9);
                     if (speed.ok()) options.speed = *speed;
                     return speed.status();
                   });
  command_line.AddFlag({.name = "--plain", .help = "progress lines instead of the live picture"},
                       options.plain);
  command_line.AddText(
      {.name = "--record", .value = "FILE", .help = "write one JSON line for each poll"},
      options.record);
  command_line.AddText({.name = "--resume",
                        .value = "SESSION",
                        .help = "go on with the match of this session, whose player has died, "
                                "from its --record",
                        .otherwise = "a new match",
                        .needs = "--record"},
                       options.resume);
  command_line.AddNumber<int64_t>({.name = "--record-weights",
                                   .value = "N",
                                   .help = "with the weights of every N-th poll",
                                   .otherwise = "none",
                                   .needs = "--record"},
                                  options.record_weights, 1, kMostPolls);
  command_line.AddText(
      {.name = "--summary", .value = "FILE", .help = "write the result as one JSON object"},
      options.summary);
  command_line.SetEpilogue(
      R"(On a terminal the match is shown as a live picture. The ball's cell is marked
beside the field and beside the weights: of each player a row for each cell of
the ball, from the bottom, a column for each motor neuron. Who has learnt to hit
has a light diagonal. NO_COLOR=1 turns colours off, a locale without UTF-8 block
characters. Ctrl-C ends the match in order, with the summary; a second Ctrl-C
ends it at once.

The record has a line for each poll: poll, time_ms, ball, score, left and right
(paddle, cell, spike counts, winner, reward, mean_reward), weights. Ball,
paddles and cells are those that the players saw, the score is that after the
poll, weights (pA) are those at its end, before its reward. Equal seeds give
equal records, byte for byte.

mean_reward is the mean over all cells of the running mean reward of the cell,
a hit is a poll in which the neuron of the ball's cell won.

Exit status: 0 the match was played or ended by Ctrl-C, 1 an error, 2 bad usage.)");
  return command_line;
}

}  // namespace spiked::pong
