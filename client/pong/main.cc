// spiked-pong: two spiking networks on a server play against each other.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/command_line/streams.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/pong/interrupt.h"
#include "client/pong/match.h"
#include "client/pong/options.h"
#include "client/pong/output_file.h"
#include "client/pong/play.h"
#include "client/pong/record.h"
#include "client/pong/reporter.h"
#include "client/pong/summary.h"
#include "client/pong/terminal.h"

namespace spiked::pong {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(3);
// About as fast as people play.
constexpr double kLiveSpeed = 20.0;

// A file for each kind of output that was asked for.
struct Outputs {
  std::optional<OutputFile> record;
  std::optional<OutputFile> summary;
};

// Opens the file at `path`, if need be after so many bytes; none if it is empty.
absl::Status OpenOutput(const std::string& path, std::optional<OutputFile>* output,
                        int64_t after = 0) {
  if (path.empty()) return absl::OkStatus();
  auto file = OutputFile::Open(path, after);
  if (file.ok()) *output = *std::move(file);
  return file.status();
}

// Plays in the session and writes what was asked for; `before` are the weights before the
// first poll.
absl::Status PlayInSession(const client::Session& session, const Match& match,
                           std::array<client::Weights, 2> before, const Options& options,
                           Outputs outputs) {
  const bool live = !options.plain && IsTerminal();
  auto reporter = live ? MakeLiveReporter(options.polls) : MakePlainReporter();
  const auto summary = Play(session, match,
                            {.polls = options.polls,
                             .speed = options.speed.value_or(live ? kLiveSpeed : 0.0),
                             .record = outputs.record ? &*outputs.record : nullptr,
                             .record_weights = options.record_weights,
                             .before = std::move(before),
                             .stop = Interrupted},
                            *reporter);
  // Gives the terminal back before anything else is said.
  reporter.reset();
  if (!summary.ok()) return summary.status();

  // Each is written even if another fails; the first error is told.
  absl::Status status = WriteOut(SummaryTable(*summary));
  if (outputs.record) status.Update(outputs.record->Close());
  if (outputs.summary) {
    outputs.summary->WriteLine(SummaryJson(*summary));
    status.Update(outputs.summary->Close());
  }
  return status;
}

absl::StatusOr<client::Session> CreateSession(client::Client& client, const Options& options,
                                              const std::string& id) {
  return client.CreateSession(
      {.id = id,
       .display_name = absl::StrCat("pong, ", std::string(ShortName(options.players[kLeft])),
                                    " against ", std::string(ShortName(options.players[kRight]))),
       .seed = options.seed});
}

// A session for a new match, or for one that goes on.
absl::StatusOr<client::Session> FindSession(client::Client& client, const Options& options) {
  if (options.resume.empty()) return CreateSession(client, options, options.session_id);
  auto session = client.AttachSession(options.resume);
  if (!session.ok()) return session.status();
  const auto there = session->Get();
  if (!there.ok()) return there.status();
  if (there->seed() != options.seed) {
    return absl::InvalidArgumentError(
        absl::StrCat(there->name(), " has the seed ", there->seed(), ", not ", options.seed));
  }
  return session;
}

// The weights with which the players of a match begin, as another session shows that begins
// like its own.
absl::StatusOr<std::array<client::Weights, 2>> ShowFirstWeights(client::Client& client,
                                                                const Options& options) {
  const Match match(options.players, options.num_neurons, options.seed);
  auto session = CreateSession(client, options, "");
  if (!session.ok()) return session.status();
  absl::Status status = CreatePlayers(*session, match);
  auto weights = status.ok() ? ReadFirstWeights(*session, match) : status;
  status = session->Delete();
  if (weights.ok() && !status.ok()) return status;
  return weights;
}

// Brings a match that goes on to where the session is; the bytes of its record up to there.
absl::StatusOr<int64_t> CatchUp(client::Session& session, const Options& options, Match& match) {
  const auto there = session.Get();
  if (!there.ok()) return there.status();
  // It is behind the record where its server has lost the last moments of it, as by a loss of
  // power: they are played again, and come to the same. One that has not begun is another's.
  const double until_ms =
      there->time_ms() > 0 ? there->time_ms() : std::numeric_limits<double>::infinity();
  return ReplayRecord(options.record, until_ms, match);
}

absl::Status PlayOnServer(const Options& options) {
  const bool goes_on = !options.resume.empty();
  Match match(options.players, options.num_neurons, options.seed);
  // A long match must not end with the news that its result has no place.
  Outputs outputs;
  absl::Status status;
  if (!goes_on) status = OpenOutput(options.record, &outputs.record);
  status.Update(OpenOutput(options.summary, &outputs.summary));
  if (!status.ok()) return status;

  auto client = client::Client::Connect(options.server, kConnectTimeout);
  if (!client.ok()) return client.status();
  auto session = FindSession(*client, options);
  if (!session.ok()) return session.status();
  if (goes_on) {
    const auto recorded = CatchUp(*session, options, match);
    if (!recorded.ok()) return recorded.status();
    status = OpenOutput(options.record, &outputs.record, *recorded);
    if (!status.ok()) return status;
  }
  status = CreatePlayers(*session, match);
  auto before = !status.ok() ? status
                : goes_on    ? ShowFirstWeights(*client, options)
                             : ReadFirstWeights(*session, match);
  status = before.ok()
               ? PlayInSession(*session, match, *std::move(before), options, std::move(outputs))
               : before.status();
  if (status.ok()) return session->Delete();
  // A match that was to go on may be another one's session, or go on after all; so may one
  // that has a name, once it has players.
  if (goes_on) return status;
  if (options.session_id.empty() || !before.ok()) {
    session->Delete().IgnoreError();
    return status;
  }
  return client::Reworded(status, absl::StrCat(status.message(), "; --resume ", options.session_id,
                                               " goes on with the match"));
}

}  // namespace
}  // namespace spiked::pong

int main(int argc, char** argv) {
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // errors are told once, in our words
  spiked::pong::Options options;
  auto command_line = spiked::pong::MakeCommandLine(options);
  if (const auto ended = command_line.Read(argc, argv)) return *ended;
  spiked::pong::HandleInterrupts();
  return command_line.Finish(spiked::pong::PlayOnServer(options));
}
