// A session that somebody else drives, as it runs.
#include <memory>
#include <optional>

#include "client/command_line/streams.h"
#include "client/ctl/command.h"
#include "client/ctl/output.h"
#include "client/ctl/raster.h"
#include "client/ctl/screen.h"

namespace spiked::ctl {
namespace {

struct Options {
  std::string session;
  std::vector<std::string> populations;
  double rate_hz = 10;
  double window_ms = 1000;
  int count = 0;
};

absl::Status Watch(const Options& options, const Common& common) {
  auto client = common.Connect();
  if (!client.ok()) return client.status();
  auto session = client->AttachSession(options.session);
  if (!session.ok()) return session.status();
  v1::Readout readout;
  for (const std::string& population : options.populations) readout.add_spikes(population);
  if (options.populations.empty()) readout.add_spikes("*");
  client::Watch watch = session->Watch(readout, options.rate_hz);
  std::optional<Screen> screen;
  if (!common.json) screen.emplace([&watch] { watch.Cancel(); });
  Raster raster(options.window_ms);
  for (int frames = 1;; ++frames) {
    const auto frame = watch.Next();
    if (screen && screen->ended()) return absl::OkStatus();
    if (!frame.ok()) return frame.status();
    absl::Status shown;
    if (screen) {
      raster.Add(**frame);
      shown = screen->Show(
          [raster](Screen::Size size) { return raster.Draw(size.columns, size.lines); });
    } else {
      shown = WriteOut(JsonText(**frame));
    }
    if (!shown.ok()) return shown;
    if (frames == options.count) return absl::OkStatus();
  }
}

}  // namespace

Command WatchCommand() {
  return {"watch", "watch a session as it runs",
          R"(Shows the spikes of populations that are recorded, and how fast time passes. The
session does not wait for you, and nothing more is recorded. q or Ctrl-C ends
it.

Examples:
  spikectl watch demo
  spikectl watch demo --population 'net/*' --window 200
  spikectl watch demo --json --count 10 | jq .speed)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto options = std::make_shared<Options>();
            command_line.AddArgument({.name = "SESSION", .help = "the session, by its id or name"},
                                     options->session);
            command_line.AddList({.name = "--population",
                                  .value = "NETWORK/NAME",
                                  .help = "only this one, or all of a network (NETWORK/*); may "
                                          "be repeated",
                                  .variable = false},
                                 [options](const std::string& population) {
                                   options->populations.push_back(population);
                                   return absl::OkStatus();
                                 });
            command_line.AddNumber({.name = "--rate",
                                    .value = "HZ",
                                    .help = "frames a second, at most",
                                    .variable = false},
                                   options->rate_hz, 0.01, 50.0);
            command_line.AddNumber({.name = "--window",
                                    .value = "MS",
                                    .help = "show so much biological time",
                                    .variable = false},
                                   options->window_ms, 1.0, 1e9);
            command_line.AddNumber({.name = "--count",
                                    .value = "N",
                                    .help = "show so many frames",
                                    .otherwise = "until Ctrl-C",
                                    .variable = false},
                                   options->count, 1, 1'000'000'000);
            return [options, &common] { return Watch(*options, common); };
          }};
}

}  // namespace spiked::ctl
