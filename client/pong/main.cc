// spiked-pong: two spiking networks on a server play against each other.
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/command_line/streams.h"
#include "client/cpp/client.h"
#include "client/pong/interrupt.h"
#include "client/pong/match.h"
#include "client/pong/options.h"
#include "client/pong/output_file.h"
#include "client/pong/play.h"
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

// Opens the file at `path`; none if it is empty.
absl::Status OpenOutput(const std::string& path, std::optional<OutputFile>* output) {
  if (path.empty()) return absl::OkStatus();
  auto file = OutputFile::Open(path);
  if (file.ok()) *output = *std::move(file);
  return file.status();
}

// Plays in the session and writes what was asked for.
absl::Status PlayInSession(const client::Session& session, const Options& options,
                           Outputs outputs) {
  const bool live = !options.plain && IsTerminal();
  auto reporter = live ? MakeLiveReporter(options.polls) : MakePlainReporter();
  const auto summary = Play(session, Match(options.players, options.num_neurons, options.seed),
                            {.polls = options.polls,
                             .speed = options.speed.value_or(live ? kLiveSpeed : 0.0),
                             .record = outputs.record ? &*outputs.record : nullptr,
                             .record_weights = options.record_weights,
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

absl::Status PlayOnServer(const Options& options) {
  // A long match must not end with the news that its result has no place.
  Outputs outputs;
  absl::Status status = OpenOutput(options.record, &outputs.record);
  status.Update(OpenOutput(options.summary, &outputs.summary));
  if (!status.ok()) return status;

  auto client = client::Client::Connect(options.server, kConnectTimeout);
  if (!client.ok()) return client.status();
  auto session = client->CreateSession(
      {.id = options.session_id,
       .display_name = absl::StrCat("pong, ", std::string(ShortName(options.players[kLeft])),
                                    " against ", std::string(ShortName(options.players[kRight]))),
       .seed = options.seed});
  if (!session.ok()) return session.status();
  status = PlayInSession(*session, options, std::move(outputs));
  status.Update(session->Delete());
  return status;
}

}  // namespace
}  // namespace spiked::pong

int main(int argc, char** argv) {
  spiked::pong::Options options;
  auto command_line = spiked::pong::MakeCommandLine(options);
  if (const auto ended = command_line.Read(argc, argv)) return *ended;
  spiked::pong::HandleInterrupts();
  return command_line.Finish(spiked::pong::PlayOnServer(options));
}
