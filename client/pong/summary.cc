#include "client/pong/summary.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/pong/exchange.h"
#include "client/pong/json.h"

namespace spiked::pong {
namespace {

// One value for each player, as a list.
template <typename Get>
Json EachPlayer(const Summary& summary, Get get) {
  return Json::array({get(summary.players[kLeft]), get(summary.players[kRight])});
}

Json WeightsJson(const MeanWeights& means) {
  return {{"diagonal", means.diagonal}, {"off_diagonal", means.off_diagonal}};
}

// One row of the table: a label and a cell for each player.
template <typename Format>
void AppendRow(const Summary& summary, absl::string_view label, Format format, std::string* table) {
  absl::StrAppendFormat(table, "%-20s%10s%10s\n", label, format(summary.players[kLeft]),
                        format(summary.players[kRight]));
}

// Such a row with a mean weight in pA.
template <typename Get>
void AppendWeights(const Summary& summary, absl::string_view label, Get get, std::string* table) {
  AppendRow(
      summary, label, [&](const PlayerSummary& p) { return absl::StrFormat("%.1f", get(p)); },
      table);
}

}  // namespace

MeanWeights MeansOf(const client::Weights& weights) {
  const uint32_t rows = weights.rows;
  double all = 0.0;
  double diagonal = 0.0;
  for (uint32_t row = 0; row < rows; ++row) {
    for (uint32_t column = 0; column < rows; ++column) all += weights.at(row, column);
    diagonal += weights.at(row, row);
  }
  return {.diagonal = diagonal / rows, .off_diagonal = (all - diagonal) / rows / (rows - 1)};
}

Summary Summarize(const Match& match, const Progress& progress,
                  const std::array<client::Weights, 2>& before,
                  const std::array<client::Weights, 2>& after) {
  Summary summary;
  summary.seed = match.seed();
  summary.num_neurons = match.game().rows();
  summary.progress = progress;
  summary.interrupted = progress.polls < progress.total;
  for (const Side side : kSides) {
    summary.players[side] = {.kind = match.kinds()[side],
                             .score = match.game().field().score[side],
                             .mean_reward = match.history(side).mean_reward(),
                             .hit_rate = match.history(side).hit_rate(),
                             .before = MeansOf(before[side]),
                             .after = MeansOf(after[side])};
  }
  return summary;
}

std::string SummaryTable(const Summary& summary) {
  using P = PlayerSummary;
  const Progress& progress = summary.progress;
  // Narrow enough for every terminal on which there is a picture.
  std::string table = absl::StrFormat(
      "%s%d %s in %s\n%s of biological time\n%s\n\n",
      summary.interrupted ? "Interrupted after " : "", progress.polls,
      progress.polls == 1 ? "poll" : "polls", ReadableTime(progress.elapsed),
      ReadableTime(absl::Milliseconds(kPollMs) * progress.polls), FormatSpeed(progress));
  const auto name = [&](Side side) {
    return absl::StrCat(kNetworks[side], " ", std::string(ShortName(summary.players[side].kind)));
  };
  absl::StrAppendFormat(&table, "%-20s%10s%10s\n", "", name(kLeft), name(kRight));
  AppendRow(
      summary, "score", [](const P& p) { return absl::StrCat(p.score); }, &table);
  AppendRow(
      summary, "mean reward", [](const P& p) { return absl::StrFormat("%.3f", p.mean_reward); },
      &table);
  AppendRow(
      summary,
      progress.polls > kHitWindow ? absl::StrFormat("hits, last %d polls", kHitWindow) : "hits",
      [](const P& p) { return absl::StrFormat("%.1f%%", 100.0 * p.hit_rate); }, &table);
  absl::StrAppend(&table, "mean weights (pA)\n");
  AppendWeights(
      summary, "  diagonal, before", [](const P& p) { return p.before.diagonal; }, &table);
  AppendWeights(
      summary, "            after", [](const P& p) { return p.after.diagonal; }, &table);
  AppendWeights(
      summary, "  others,   before", [](const P& p) { return p.before.off_diagonal; }, &table);
  AppendWeights(
      summary, "            after", [](const P& p) { return p.after.off_diagonal; }, &table);
  return table;
}

std::string SummaryJson(const Summary& summary) {
  using P = PlayerSummary;
  Json json;
  json["players"] =
      EachPlayer(summary, [](const P& player) { return std::string(ShortName(player.kind)); });
  json["seed"] = summary.seed;
  json["num_neurons"] = summary.num_neurons;
  json["polls"] = summary.progress.polls;
  json["interrupted"] = summary.interrupted;
  json["score"] = EachPlayer(summary, [](const P& player) { return player.score; });
  json["mean_reward"] = EachPlayer(summary, [](const P& player) { return player.mean_reward; });
  json["hit_rate_last_500"] = EachPlayer(summary, [](const P& player) { return player.hit_rate; });
  json["weights_before"] =
      EachPlayer(summary, [](const P& player) { return WeightsJson(player.before); });
  json["weights_after"] =
      EachPlayer(summary, [](const P& player) { return WeightsJson(player.after); });
  json["wall_s"] = absl::ToDoubleSeconds(summary.progress.elapsed);
  json["polls_per_s"] = summary.progress.polls_per_s();
  json["real_time_factor"] = summary.progress.real_time_factor();
  return json.dump(2);
}

}  // namespace spiked::pong
