#include "client/pong/options.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "client/cpp/address.h"

namespace spiked::pong {
namespace {

// An option: how it is written, what it does, and the help on it.
struct Option {
  std::string name;
  // Name of its value in the help; empty if it takes none.
  std::string value;
  std::string help;
  // Sets it from its value. False if the value makes no sense, which must then
  // be one of what `expected` says.
  std::function<bool(const std::string&, Options*)> set;
  std::string expected = {};
};

// Parses a whole number or a decimal; false unless all of the text is one
// between the bounds.
template <typename T>
bool ParseNumber(const std::string& text, T lowest, T highest, T* number) {
  const char* end = text.data() + text.size();
  T parsed{};
  const auto [stop, error] = std::from_chars(text.data(), end, parsed);
  if (error != std::errc() || stop != end || !(parsed >= lowest && parsed <= highest)) return false;
  *number = parsed;
  return true;
}

bool ParsePlayers(const std::string& text, std::array<PlayerKind, 2>* players) {
  const std::vector<std::string> names = absl::StrSplit(text, ',');
  if (names.size() != 2) return false;
  for (size_t k = 0; k < 2; ++k) {
    const auto kind = ParsePlayerKind(names[k]);
    if (!kind) return false;
    (*players)[k] = *kind;
  }
  return true;
}

bool NotEmpty(const std::string& text, std::string* value) {
  *value = text;
  return !text.empty();
}

const std::vector<Option>& AllOptions() {
  constexpr int64_t kMostPolls = 1'000'000'000;
  // Both matrices, 8 bytes a weight, within the 4 MB that a server returns at once.
  constexpr int kMostNeurons = 400;
  static const auto* const options = new std::vector<Option>{
      {"server", "ADDR",
       "server to play on, unix:/path or host:port\n(default: $SPIKED_SERVER, or your own)",
       [](const std::string& text, Options* o) { return NotEmpty(text, &o->server); },
       "an address"},
      {"players", "LEFT,RIGHT", "any two of r, rn, d, dn (default: rn,r)",
       [](const std::string& text, Options* o) { return ParsePlayers(text, &o->players); },
       "two of r, rn, d, dn with a comma between them"},
      {"polls", "N", "length of the match in polls of 200 ms (default: 2000)",
       [](const std::string& text, Options* o) {
         return ParseNumber<int64_t>(text, 1, kMostPolls, &o->polls);
       },
       "a whole number from 1 to 1000000000"},
      {"seed", "N", "seed of all that is random (default: 1)",
       [](const std::string& text, Options* o) {
         return ParseNumber<uint64_t>(text, 0, UINT64_MAX, &o->seed);
       },
       "a whole number from 0 to 18446744073709551615"},
      {"num-neurons", "N",
       "motor neurons of a player, rows of the field, at most\n400 (default: 20)",
       [](const std::string& text, Options* o) {
         return ParseNumber(text, 2, kMostNeurons, &o->num_neurons);
       },
       absl::StrCat("a whole number from 2 to ", kMostNeurons,
                    " (one answer holds the weights of both players)")},
      {"session-id", "ID", "id of the session on the server (default: drawn)",
       [](const std::string& text, Options* o) { return NotEmpty(text, &o->session_id); }, "an id"},
      {"speed", "X",
       "times real time; 0: as fast as possible\n(default: 20 for the live picture, else 0)",
       [](const std::string& text, Options* o) {
         return ParseNumber(text, 0.0, 1e9, &o->speed.emplace());
       },
       "a number from 0 to 1e9"},
      {"plain", "", "progress lines instead of the live picture",
       [](const std::string&, Options* o) { return o->plain = true; }},
      {"record", "FILE", "write one JSON line for each poll",
       [](const std::string& text, Options* o) { return NotEmpty(text, &o->record); }, "a path"},
      {"record-weights", "N", "with the weights of every N-th poll (default: none)",
       [](const std::string& text, Options* o) {
         return ParseNumber<int64_t>(text, 1, kMostPolls, &o->record_weights);
       },
       "a whole number from 1 to 1000000000"},
      {"summary", "FILE", "write the result as one JSON object",
       [](const std::string& text, Options* o) { return NotEmpty(text, &o->summary); }, "a path"},
      {"help", "", "show this help", [](const std::string&, Options* o) { return o->help = true; }},
      {"version", "", "show the version",
       [](const std::string&, Options* o) { return o->version = true; }},
  };
  return *options;
}

// The option called `name`; null if there is none.
const Option* FindOption(std::string_view name) {
  for (const Option& option : AllOptions()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  Options options;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    // `--name=value` or `--name value`.
    const size_t equals = argument->find('=');
    const bool attached = equals != std::string::npos;
    const std::string flag = *argument == "-h" ? "--help" : argument->substr(0, equals);
    const Option* option = flag.starts_with("--") ? FindOption(flag.substr(2)) : nullptr;
    if (option == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("there is no option ", flag));
    }
    std::string value = attached ? argument->substr(equals + 1) : "";
    if (option->value.empty() && attached) {
      return absl::InvalidArgumentError(absl::StrCat(flag, " takes no value"));
    }
    if (!option->value.empty() && !attached) {
      if (++argument == arguments.end()) {
        return absl::InvalidArgumentError(absl::StrCat(flag, " needs a value: ", option->expected));
      }
      value = *argument;
    }
    if (!option->set(value, &options)) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, " must be ", option->expected, ", not '", value, "'"));
    }
  }
  if (options.record_weights > 0 && options.record.empty()) {
    return absl::InvalidArgumentError("--record-weights needs --record");
  }
  return options;
}

std::string HelpText() {
  std::string text =
      "Usage: spiked-pong [options]\n"
      "\n"
      "Two spiking networks on a spiked server learn to play pong against each other.\n"
      "\n"
      "Players:\n"
      "  r    reward-modulated STDP\n"
      "  rn   the same with noise to explore with: learns in 3,000 to 4,000 polls\n"
      "  d    dopaminergic STDP with an actor and a critic\n"
      "  dn   the same with Poisson background: learns slowly\n"
      "\n"
      "Options:\n";
  for (const Option& option : AllOptions()) {
    const std::string flag = absl::StrCat("--", option.name, " ", option.value);
    const std::vector<std::string> lines = absl::StrSplit(option.help, '\n');
    absl::StrAppendFormat(&text, "  %-22s  %s\n", flag, lines[0]);
    for (size_t k = 1; k < lines.size(); ++k) {
      absl::StrAppendFormat(&text, "  %-22s  %s\n", "", lines[k]);
    }
  }
  absl::StrAppend(
      &text,
      "\n"
      "On a terminal the match is shown as a live picture. The ball's cell is marked\n"
      "beside the field and beside the weights: of each player a row for each cell of\n"
      "the ball, from the bottom, a column for each motor neuron. Who has learnt to hit\n"
      "has a light diagonal. NO_COLOR=1 turns colours off, a locale without UTF-8 block\n"
      "characters. Ctrl-C ends the match in order, with the summary; a second Ctrl-C\n"
      "ends it at once.\n"
      "\n"
      "The record has a line for each poll: poll, time_ms, ball, score, left and right\n"
      "(paddle, cell, spike counts, winner, reward, mean_reward), weights. Ball,\n"
      "paddles and cells are those that the players saw, the score is that after the\n"
      "poll, weights (pA) are those at its end, before its reward. Equal seeds give\n"
      "equal records, byte for byte.\n"
      "\n"
      "mean_reward is the mean over all cells of the running mean reward of the cell,\n"
      "a hit is a poll in which the neuron of the ball's cell won.\n"
      "\n"
      "Your own server: ",
      client::DefaultAddress(),
      "\n"
      "Exit status: 0 the match was played or ended by Ctrl-C, 1 an error, 2 bad usage.\n");
  return text;
}

}  // namespace spiked::pong
