// A live table of who uses the processors.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/command_line/streams.h"
#include "client/ctl/command.h"
#include "client/ctl/output.h"
#include "client/ctl/screen.h"
#include "client/ctl/table.h"

namespace spiked::ctl {
namespace {

// The first table comes after that at the latest.
constexpr double kFirst_s = 0.5;

// What each session has used since the last look.
class Usage {
 public:
  struct Row {
    v1::Session session;
    double cores = 0;  // processor seconds a second
    double speed = 0;  // biological seconds a second
  };

  // Rows by use, the greatest first.
  std::vector<Row> Look(std::vector<v1::Session> sessions, absl::Time now) {
    const double seconds = absl::ToDoubleSeconds(now - last_);
    std::map<std::string, std::pair<double, double>> used;
    std::vector<Row> rows;
    for (v1::Session& session : sessions) {
      const double processor = session.cost().processor_seconds();
      const double biological = session.time_ms() / 1000;
      used[session.name()] = {processor, biological};
      Row row;
      if (const auto before = used_.find(session.name()); before != used_.end() && seconds > 0) {
        row.cores = (processor - before->second.first) / seconds;
        row.speed = (biological - before->second.second) / seconds;
      }
      row.session = std::move(session);
      rows.push_back(std::move(row));
    }
    used_ = std::move(used);
    last_ = now;
    std::ranges::stable_sort(rows, [](const Row& one, const Row& other) {
      return std::pair(one.cores, one.session.cost().processor_seconds()) >
             std::pair(other.cores, other.session.cost().processor_seconds());
    });
    return rows;
  }

 private:
  std::map<std::string, std::pair<double, double>> used_;
  absl::Time last_ = absl::InfinitePast();
};

std::string Table(const std::vector<Usage::Row>& rows, size_t most) {
  std::vector<std::vector<std::string>> cells;
  for (const Usage::Row& row : rows) {
    if (cells.size() == most) break;
    const v1::Session& session = row.session;
    cells.push_back({std::string(absl::StripPrefix(session.name(), "sessions/")), session.owner(),
                     absl::StrFormat("%.0f%%", 100 * row.cores),
                     absl::StrFormat("%.1fx", row.speed),
                     absl::StrFormat("%.1f s", session.cost().processor_seconds()),
                     absl::StrCat(session.cost().commands()), SpanText(session.time_ms()),
                     BytesText(session.memory_bytes()), AgoText(session.last_use_time())});
  }
  return TableText({"SESSION", "OWNER", ">CORES", ">SPEED", ">USED", ">COMMANDS", ">TIME",
                    ">MEMORY", ">LAST USED"},
                   cells);
}

}  // namespace

Command TopCommand() {
  return {"top", "watch who uses the processors",
          R"(CORES is the share of a core that a session has used since the last look, SPEED
its biological time in times of the wall's, USED what it has taken of the
processors so far. q or Ctrl-C ends it.

Examples:
  spikectl top
  spikectl top --count 1)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            struct Options {
              double interval_s = 2;
              int count = 0;
              int rows = 20;
            };
            auto options = std::make_shared<Options>();
            command_line.AddNumber({.name = "--interval",
                                    .value = "S",
                                    .help = "look again after so many seconds",
                                    .variable = false},
                                   options->interval_s, 0.05, 3600.0);
            command_line.AddNumber({.name = "--count",
                                    .value = "N",
                                    .help = "look so many times",
                                    .otherwise = "until Ctrl-C",
                                    .variable = false},
                                   options->count, 1, 1'000'000'000);
            command_line.AddNumber({.name = "--rows",
                                    .value = "N",
                                    .help = "show so many sessions at most",
                                    .variable = false},
                                   options->rows, 1, 10'000);
            return [options, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              std::optional<Screen> screen;
              if (!common.json) screen.emplace();
              Usage usage;
              // What is used takes two looks to tell.
              if (screen) {
                auto sessions = client->ListSessions();
                if (!sessions.ok()) return sessions.status();
                usage.Look(*std::move(sessions), absl::Now());
                const auto pause = absl::Seconds(std::min(options->interval_s, kFirst_s));
                if (!screen->Wait(pause)) return absl::OkStatus();
              }
              for (int look = 1;; ++look) {
                auto sessions = client->ListSessions();
                if (!sessions.ok()) return sessions.status();
                absl::Status shown;
                if (screen) {
                  shown = screen->Show([rows = usage.Look(*std::move(sessions), absl::Now()),
                                        most = static_cast<size_t>(options->rows),
                                        terminal = screen->is_terminal()](Screen::Size size) {
                    // Below the heads.
                    return Table(rows, terminal ? std::min(most, size.lines - 1) : most);
                  });
                } else {
                  shown = WriteOut(JsonText(*sessions));
                }
                if (!shown.ok()) return shown;
                if (look == options->count) return absl::OkStatus();
                const auto pause = absl::Seconds(options->interval_s);
                if (!screen) {
                  absl::SleepFor(pause);
                } else if (!screen->Wait(pause)) {
                  return absl::OkStatus();
                }
              }
            };
          }};
}

}  // namespace spiked::ctl
