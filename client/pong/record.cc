#include "client/pong/record.h"

#include <cerrno>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

using Counts = std::array<std::vector<uint32_t>, 2>;

// The spike counts in a line of a record whose players have so many neurons, if it is one.
std::optional<Counts> CountsIn(const std::string& line, size_t rows) {
  const Json poll = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  Counts counts;
  for (const Side side : kSides) {
    const Json::json_pointer place(absl::StrCat("/", kNetworks[side], "/counts"));
    if (!poll.is_object() || !poll.contains(place)) return std::nullopt;
    const Json& column = poll.at(place);
    if (!column.is_array() || column.size() != rows) return std::nullopt;
    for (const Json& count : column) {
      if (!count.is_number_unsigned()) return std::nullopt;
      counts[side].push_back(count.get<uint32_t>());
    }
  }
  return counts;
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

absl::StatusOr<int64_t> ReplayRecord(const std::string& path, double until_ms, Match& match) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  int64_t bytes = 0;
  std::string line;
  // Without a line break it is the end of what was still being written.
  for (int number = 1;
       match.time_ms() + kPollMs <= until_ms && std::getline(file, line) && !file.eof(); ++number) {
    auto counts = CountsIn(line, static_cast<size_t>(match.game().rows()));
    bool same = counts.has_value();
    if (same) {
      // All but the brace at its end, before which there may be weights.
      std::string expected = RecordLine(match.Play(*std::move(counts)), nullptr);
      expected.pop_back();
      same = absl::StartsWith(line, expected);
    }
    if (!same) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ", line ", number,
                       ": is no poll of this match; players, seed and "
                       "number of neurons must be those that it began with"));
    }
    bytes += static_cast<int64_t>(line.size()) + 1;
  }
  return bytes;
}

}  // namespace spiked::pong
