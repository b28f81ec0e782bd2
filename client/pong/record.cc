#include "client/pong/record.h"

#include "client/pong/exchange.h"
#include "client/pong/json.h"

namespace spiked::pong {
namespace {

Json Matrix(const client::Weights& weights) {
  Json rows = Json::array();
  for (uint32_t row = 0; row < weights.rows; ++row) {
    const auto begin = weights.values.begin() + size_t{row} * weights.columns;
    rows.push_back(Json(std::vector<double>(begin, begin + weights.columns)));
  }
  return rows;
}

}  // namespace

std::string RecordLine(const Poll& poll, const std::array<client::Weights, 2>* weights) {
  Json line;
  line["poll"] = poll.index;
  line["time_ms"] = poll.time_ms;
  line["ball"] = {{"x", poll.field.ball.x},
                  {"y", poll.field.ball.y},
                  {"cell", {poll.ball_column, poll.ball_row}}};
  line["score"] = poll.score;
  for (const Side side : kSides) {
    const PlayerPoll& player = poll.players[side];
    line[kNetworks[side]] = {{"paddle", poll.field.paddles[side]},
                             {"cell", player.paddle_row},
                             {"counts", player.counts},
                             {"winner", player.winner},
                             {"reward", player.bare_reward},
                             {"mean_reward", player.mean_reward}};
  }
  if (weights != nullptr) {
    for (const Side side : kSides) {
      line["weights"][kNetworks[side]] = Matrix((*weights)[side]);
    }
  }
  return JsonText(line);
}

}  // namespace spiked::pong
