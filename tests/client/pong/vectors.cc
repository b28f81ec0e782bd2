#include "tests/client/pong/vectors.h"

#include <google/protobuf/util/json_util.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/pong/exchange.h"
#include "client/pong/game.h"
#include "client/pong/json.h"
#include "client/pong/match.h"
#include "client/pong/player.h"
#include "client/pong/random.h"
#include "client/pong/record.h"

namespace spiked::pong {
namespace {

using Counts = std::vector<uint32_t>;

constexpr std::array kKinds = {PlayerKind::kRstdp, PlayerKind::kRstdpNoisy, PlayerKind::kDopamine,
                               PlayerKind::kDopamineNoisy};

// 64-bit numbers are texts: many languages read a JSON number as a double.
std::string Text(uint64_t number) { return absl::StrCat(number); }

Json Numbers() {
  Json texts;
  for (const double value : {0.0,
                             1.0,
                             -1.0,
                             800.0,
                             0.1,
                             0.1 + 0.2,
                             0.7,
                             1.0 / 3.0,
                             -2.5,
                             1300.5,
                             1586.0000000000002,
                             123456789012.0,
                             9007199254740991.0,
                             123456789012345680000.0,
                             1e20,
                             1e21,
                             1.5e21,
                             1e-4,
                             1e-6,
                             1.25e-6,
                             9.5367431640625e-7,
                             1e-7,
                             1.5e-7,
                             2.2250738585072014e-308,
                             5e-324,
                             1.7976931348623157e308,
                             9.5,
                             5e-5,
                             2e23}) {
    texts.push_back(NumberText(value));
  }
  return texts;
}

Json Random() {
  Json streams;
  for (const uint64_t seed :
       {uint64_t{0}, uint64_t{1}, uint64_t{1234567}, uint64_t{1} << 53, UINT64_MAX}) {
    Json next;
    Json uniform;
    for (SplitMix64 random(seed); next.size() < 4;) next.push_back(Text(random.Next()));
    for (SplitMix64 random(seed); uniform.size() < 4;) uniform.push_back(random.Uniform());
    streams.push_back({{"seed", Text(seed)}, {"next", next}, {"uniform", uniform}});
  }
  return streams;
}

Json Winners() {
  constexpr uint64_t kSeed = 7;
  SplitMix64 random(kSeed);
  Json draws;
  for (const Counts& counts : std::vector<Counts>{{0, 3, 1, 0},
                                                  {2, 2, 2, 2},
                                                  {0, 5, 5, 1},
                                                  {0, 0, 0, 0},
                                                  {9, 0, 0, 0},
                                                  {0, 0, 0, 0},
                                                  {4, 1, 4, 4},
                                                  {1, 4, 0, 4},
                                                  {7, 7, 7, 7},
                                                  {0, 0, 0, 1}}) {
    draws.push_back({{"counts", counts}, {"winner", Winner(counts, random)}});
  }
  return {{"seed", Text(kSeed)}, {"draws", draws}, {"then", Text(random.Next())}};
}

Json Rewards() {
  constexpr int kRows = 5;
  RewardHistory history(kRows);
  Json polls;
  for (const auto& [row, winner] : std::vector<std::pair<int, int>>{
           {2, 2}, {2, 3}, {2, 0}, {0, 4}, {0, 0}, {4, 1}, {2, 2}, {2, 1}, {3, 3}, {1, 3}}) {
    const int distance = std::abs(winner - row);
    const double bare = BareReward(distance);
    const double reward = history.Add(row, bare, distance == 0);
    polls.push_back({{"row", row},
                     {"winner", winner},
                     {"bare_reward", bare},
                     {"reward", reward},
                     {"mean_reward", history.mean_reward()}});
  }
  return {{"rows", kRows}, {"polls", polls}};
}

Json RewardCurrents() {
  Json currents;
  const Counts counts = {0, 3, 1, 20, 7};
  for (int row = 0; row < static_cast<int>(counts.size()); ++row) {
    currents.push_back(
        {{"counts", counts}, {"row", row}, {"current_pa", RewardCurrentPa(counts, row)}});
  }
  const Counts silent(3, 0);
  currents.push_back({{"counts", silent}, {"row", 1}, {"current_pa", RewardCurrentPa(silent, 1)}});
  return currents;
}

Json InputStampsOfAll() {
  Json inputs;
  for (const PlayerKind kind : kKinds) {
    constexpr double kStartMs = 1400.0;
    inputs.push_back({{"player", ShortName(kind)},
                      {"start_ms", kStartMs},
                      {"times_ms", InputStamps(kind, kStartMs)}});
  }
  return inputs;
}

// Counts with one spike, of `winner`: nothing is left to chance.
Counts Only(int winner, int rows) {
  Counts counts(rows, 0);
  counts[winner] = 1;
  return counts;
}

Json FieldJson(const Field& field) {
  return {{"ball", {field.ball.x, field.ball.y, field.ball.dx, field.ball.dy}},
          {"paddles", field.paddles},
          {"score", field.score}};
}

// A game in which each player now and then follows the ball and now and then
// does not, by the seed.
Json GameOf(int rows, uint64_t seed, int polls) {
  Match match({PlayerKind::kRstdp, PlayerKind::kRstdp}, rows, seed);
  SplitMix64 whim(~seed);
  Json game = {{"rows", rows}, {"seed", Text(seed)}, {"start", FieldJson(match.game().field())}};
  for (int poll = 0; poll < polls; ++poll) {
    std::array<int, 2> winners;
    for (const Side side : kSides) {
      const bool attentive = (poll / 80 + side) % 2 == 0;
      winners[side] = attentive ? match.game().ball_row() : static_cast<int>(whim.Uniform() * rows);
    }
    match.Play({Only(winners[kLeft], rows), Only(winners[kRight], rows)});
    Json entry = {{"winners", winners}};
    entry.update(FieldJson(match.game().field()));
    game["polls"].push_back(entry);
  }
  return game;
}

// A message in the JSON of Protocol Buffers.
Json MessageJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  // A message that we have made can be printed.
  static_cast<void>(google::protobuf::util::MessageToJsonString(message, &text, options));
  // Maps come in any order: by way of JSON that sorts its members.
  return Json::parse(nlohmann::json::parse(text).dump());
}

// The weights that a match is told of in its vectors: any, to many digits.
std::array<client::Weights, 2> SomeWeights(int rows, SplitMix64& random) {
  std::array<client::Weights, 2> weights;
  for (client::Weights& matrix : weights) {
    matrix.rows = matrix.columns = static_cast<uint32_t>(rows);
    for (int k = 0; k < rows * rows; ++k) matrix.values.push_back(1300.0 + 10.0 * random.Uniform());
  }
  return weights;
}

// A match whose spikes are drawn, not simulated, so that the vectors depend on
// the game alone. Few spikes make many ties.
Json MatchOf(std::array<PlayerKind, 2> kinds, int rows, uint64_t seed, int polls) {
  Match match(kinds, rows, seed);
  SplitMix64 spikes(~seed);
  Json vectors = {{"players", {ShortName(kinds[kLeft]), ShortName(kinds[kRight])}},
                  {"rows", rows},
                  {"seed", Text(seed)}};
  for (const Side side : kSides) {
    vectors["presets"].push_back(MessageJson(PlayerPreset(kinds[side], rows)));
  }
  for (int poll = 0; poll < polls; ++poll) {
    const bool read_weights = poll % 8 == 0;
    Json entry = {{"request", MessageJson(PollRequest(match, read_weights))}};
    std::array<Counts, 2> counts;
    for (Counts& side : counts) {
      for (int k = 0; k < rows; ++k) side.push_back(static_cast<uint32_t>(spikes.Uniform() * 4));
    }
    entry["counts"] = counts;
    if (read_weights) {
      const auto weights = SomeWeights(rows, spikes);
      entry["weights"] = {weights[kLeft].values, weights[kRight].values};
      entry["record"] = RecordLine(match.Play(counts), &weights);
    } else {
      entry["record"] = RecordLine(match.Play(counts), nullptr);
    }
    vectors["polls"].push_back(entry);
  }
  return vectors;
}

// The value over several lines, where it is too long for one or holds what is.
std::string Layout(const Json& value, const std::string& indent) {
  constexpr size_t kWidth = 200;
  const std::string line = JsonText(value);
  if (!value.is_structured() || indent.size() + line.size() <= kWidth) return line;
  const bool numbers = value.is_array() && value[0].is_number();
  if (numbers) return line;
  const std::string inner = indent + "  ";
  std::string text = value.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (const auto& item : value.items()) {
    absl::StrAppend(&text, separator, inner);
    if (value.is_object()) absl::StrAppend(&text, Json(item.key()).dump(), ": ");
    absl::StrAppend(&text, Layout(item.value(), inner));
    separator = ",\n";
  }
  return absl::StrCat(text, "\n", indent, value.is_object() ? "}" : "]");
}

}  // namespace

std::string VectorsText() {
  const Json vectors = {
      {"numbers", Numbers()},
      {"random", Random()},
      {"winners", Winners()},
      {"rewards", Rewards()},
      {"reward_currents", RewardCurrents()},
      {"input_stamps", InputStampsOfAll()},
      {"games", {GameOf(20, 1, 240), GameOf(7, 18446744073709551615u, 160)}},
      {"matches",
       {MatchOf({PlayerKind::kRstdpNoisy, PlayerKind::kRstdp}, 6, 1, 16),
        MatchOf({PlayerKind::kDopamine, PlayerKind::kDopamineNoisy}, 4, 9007199254740993u, 12)}}};
  return Layout(vectors, "") + "\n";
}

}  // namespace spiked::pong
