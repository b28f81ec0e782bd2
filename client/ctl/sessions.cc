// Commands on sessions.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/command_line/streams.h"
#include "client/cpp/error.h"
#include "client/cpp/saved_session.h"
#include "client/ctl/command.h"
#include "client/ctl/output.h"
#include "client/ctl/table.h"

namespace spiked::ctl {
namespace {

std::string StateText(v1::SessionState state) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::SessionState_Name(state), "SESSION_STATE_"));
}

std::string DurabilityText(v1::Durability durability) {
  switch (durability) {
    case v1::DURABILITY_PROCESS:
      return "the death of the server";
    case v1::DURABILITY_POWER:
      return "a loss of power";
    default:
      return "nothing: it ends with the server";
  }
}

std::string SharesText(const v1::Session& session) {
  return absl::StrJoin(session.shares(), ", ", [](std::string* out, const v1::Share& share) {
    absl::StrAppend(out, share.account(),
                    share.right() == v1::SHARE_RIGHT_DRIVE ? " (drive)" : " (watch)");
  });
}

std::string UsesText(const v1::Session& session) {
  return absl::StrJoin(session.uses(), ", ", [](std::string* out, const v1::SessionUse& use) {
    std::vector<std::string> how;
    if (use.commands() > 0) how.push_back(absl::StrCat(use.commands(), " commands"));
    if (use.step_streams() > 0) how.push_back(absl::StrCat(use.step_streams(), " streams"));
    if (use.watches() > 0) how.push_back(absl::StrCat(use.watches(), " watch"));
    absl::StrAppend(out, use.account(), " (", absl::StrJoin(how, ", "), ")");
  });
}

// `sessions/x` as people write it, and `x`.
std::string IdOf(const std::string& name) {
  return std::string(absl::StripPrefix(name, "sessions/"));
}

std::string DescriptionText(const v1::Session& session) {
  std::vector<std::vector<std::string>> rows = {
      {"session", session.name()},
      {"owner", session.owner()},
      {"state", StateText(session.state())},
      {"time", SpanText(session.time_ms())},
      {"networks", absl::StrJoin(session.networks(), ", ")},
      {"neurons", absl::StrCat(session.size().neurons())},
      {"synapses", absl::StrCat(session.size().synapses())},
      {"memory", BytesText(session.memory_bytes())},
      {"cost", absl::StrFormat("%.1f s of processors, %d commands",
                               session.cost().processor_seconds(), session.cost().commands())},
      {"resolution", absl::StrFormat("%.4g ms", session.resolution_ms())},
      {"seed", absl::StrCat(session.seed())},
      {"survives", DurabilityText(session.durability())},
      {"created", TimeText(session.create_time())},
      {"last used",
       absl::StrCat(TimeText(session.last_use_time()), ", ", AgoText(session.last_use_time()))},
  };
  if (session.has_expire_time()) rows.push_back({"expires", TimeText(session.expire_time())});
  if (!session.display_name().empty()) rows.push_back({"called", session.display_name()});
  if (session.stored_bytes() > 0) rows.push_back({"stored", BytesText(session.stored_bytes())});
  for (const v1::Snapshot& snapshot : session.snapshots()) {
    rows.push_back({absl::StrCat("snapshot ", snapshot.name()),
                    absl::StrCat(SpanText(snapshot.time_ms()), ", ", BytesText(snapshot.bytes()))});
  }
  if (session.uses_size() > 0) rows.push_back({"used by", UsesText(session)});
  if (session.shares_size() > 0) rows.push_back({"shared with", SharesText(session)});
  for (const auto& [key, value] : session.labels()) {
    rows.push_back({absl::StrCat("label ", key), value});
  }
  std::string text = TableText({"", ""}, rows);
  return text.substr(text.find('\n') + 1);
}

absl::Status Print(const Common& common, const v1::Session& session) {
  return WriteOut(common.json ? JsonText(session) : DescriptionText(session));
}

Command List() {
  return {"sessions list", "list the sessions that you may read", R"(Examples:
  spikectl sessions list --owner anna --label course=neuro
  spikectl sessions list --state busy --json | jq -r '.[].name')",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto filter = std::make_shared<v1::ListSessionsRequest>();
            command_line.AddText({.name = "--owner",
                                  .value = "ACCOUNT",
                                  .help = "only those of this account",
                                  .variable = false},
                                 *filter->mutable_owner());
            command_line.Add(
                {.name = "--state",
                 .value = "STATE",
                 .help = "only those that are idle, busy or failed",
                 .variable = false},
                [filter](const std::string& text) {
                  for (const auto state :
                       {v1::SESSION_STATE_IDLE, v1::SESSION_STATE_BUSY, v1::SESSION_STATE_FAILED}) {
                    if (StateText(state) == text) {
                      filter->set_state(state);
                      return absl::OkStatus();
                    }
                  }
                  return absl::InvalidArgumentError(
                      absl::StrCat("must be idle, busy or failed, not '", text, "'"));
                });
            command_line.AddList({.name = "--label",
                                  .value = "KEY=VALUE",
                                  .help = "only those with this label; may be repeated",
                                  .variable = false},
                                 [filter](const std::string& text) {
                                   const std::pair<std::string, std::string> label =
                                       absl::StrSplit(text, absl::MaxSplits('=', 1));
                                   if (!absl::StrContains(text, '=')) {
                                     return absl::InvalidArgumentError(
                                         absl::StrCat("must be KEY=VALUE, not '", text, "'"));
                                   }
                                   (*filter->mutable_labels())[label.first] = label.second;
                                   return absl::OkStatus();
                                 });
            return [filter, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              auto sessions = client->ListSessions(*filter);
              if (!sessions.ok()) return sessions.status();
              if (common.json) return WriteOut(JsonText(*sessions));
              std::vector<std::vector<std::string>> rows;
              for (const v1::Session& session : *sessions) {
                rows.push_back({IdOf(session.name()), session.owner(), StateText(session.state()),
                                SpanText(session.time_ms()), absl::StrCat(session.size().neurons()),
                                absl::StrCat(session.size().synapses()),
                                AgoText(session.last_use_time()), session.display_name()});
              }
              return WriteOut(TableText({"SESSION", "OWNER", "STATE", ">TIME", ">NEURONS",
                                         ">SYNAPSES", ">LAST USED", "CALLED"},
                                        rows));
            };
          }};
}

// A command on one session, which its arguments name.
Command OnSession(std::string name, std::string summary, std::string details,
                  std::function<absl::Status(const Common&, client::Session&)> act) {
  return {std::move(name), std::move(summary), std::move(details),
          [act = std::move(act)](CommandLine& command_line, const Common& common) -> Command::Run {
            auto session = std::make_shared<std::string>();
            command_line.AddArgument({.name = "SESSION", .help = "the session, by its id or name"},
                                     *session);
            return [act, session, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              auto found = client->AttachSession(*session);
              if (!found.ok()) return found.status();
              return act(common, *found);
            };
          }};
}

absl::Status Show(const Common& common, client::Session& session) {
  const auto described = session.Get();
  if (!described.ok()) return described.status();
  return Print(common, *described);
}

absl::Status Halt(const Common& common, client::Session& session) {
  const auto stepping = session.Halt();
  if (!stepping.ok()) return stepping.status();
  if (common.json) {
    v1::HaltSessionResponse response;
    response.set_stepping(*stepping);
    return WriteOut(JsonText(response));
  }
  return WriteOut(*stepping ? "halted\n" : "no step was running\n");
}

absl::Status Delete(const Common& common, client::Session& session) {
  if (absl::Status status = session.Delete(); !status.ok()) return status;
  return WriteOut(common.json ? "{}\n" : "deleted\n");
}

// In the words of those who have typed the shares.
absl::Status AsTyped(const absl::Status& status, const std::vector<v1::Share>& shares) {
  const auto details = client::GetErrorDetails(status);
  for (size_t k = 0; k < shares.size(); ++k) {
    for (const auto& [field, description] : details.field_violations) {
      if (field != absl::StrCat("shares[", k, "].account")) continue;
      const char* const option =
          shares[k].right() == v1::SHARE_RIGHT_WATCH ? "--watch " : "--drive ";
      return client::Reworded(status, absl::StrCat(option, shares[k].account(), ": ", description));
    }
  }
  return status;
}

Command Share() {
  return {"sessions share", "say with whom a session is shared",
          R"(Who is not named may not use it any more.

Examples:
  spikectl sessions share demo --watch '*' --drive bert
  spikectl sessions share demo                # with nobody)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            struct Options {
              std::string session;
              std::vector<v1::Share> shares;
            };
            auto options = std::make_shared<Options>();
            command_line.AddArgument({.name = "SESSION", .help = "the session, by its id or name"},
                                     options->session);
            for (const auto& [name, right] : {std::pair("--watch", v1::SHARE_RIGHT_WATCH),
                                              std::pair("--drive", v1::SHARE_RIGHT_DRIVE)}) {
              command_line.AddList(
                  {.name = name,
                   .value = "ACCOUNT",
                   .help = right == v1::SHARE_RIGHT_WATCH
                               ? "let ACCOUNT, or all (*), read it; may be repeated"
                               : "let ACCOUNT, or all (*), step and change it, too",
                   .variable = false},
                  [options, right = right](const std::string& account) {
                    v1::Share share;
                    share.set_account(account);
                    share.set_right(right);
                    options->shares.push_back(std::move(share));
                    return absl::OkStatus();
                  });
            }
            return [options, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              auto session = client->AttachSession(options->session);
              if (!session.ok()) return session.status();
              const auto shared = session->Share(options->shares);
              if (!shared.ok()) return AsTyped(shared.status(), options->shares);
              return Print(common, *shared);
            };
          }};
}

// How a session is opened that goes on from another one.
void AddCopy(CommandLine& command_line, client::CopyOptions& options) {
  command_line.AddText({.name = "--id",
                        .value = "ID",
                        .help = "of the new session",
                        .otherwise = "the server draws one",
                        .variable = false},
                       options.id);
  command_line.AddText({.name = "--display-name",
                        .value = "TEXT",
                        .help = "for people",
                        .otherwise = "as the other one has it",
                        .variable = false},
                       options.display_name);
  command_line.Add({.name = "--durability",
                    .value = "WHAT",
                    .help = "what its commands survive: none, process or power",
                    .otherwise = "as the server does it",
                    .variable = false},
                   [&options](const std::string& text) {
                     const std::string name =
                         absl::StrCat("DURABILITY_", absl::AsciiStrToUpper(text));
                     if (v1::Durability_Parse(name, &options.durability) &&
                         options.durability != v1::DURABILITY_UNSPECIFIED) {
                       return absl::OkStatus();
                     }
                     return absl::InvalidArgumentError(
                         absl::StrCat("must be none, process or power, not '", text, "'"));
                   });
}

absl::Status PrintNew(const Common& common, absl::StatusOr<client::Session> session) {
  if (!session.ok()) return session.status();
  return Show(common, *session);
}

struct CopyArguments {
  std::string from, file;
  client::CopyOptions options;
};

Command Save() {
  return {"sessions save", "write all that a session is to a file",
          R"(The session goes on meanwhile. A file that is there is replaced when the new
one is whole.

Example:
  spikectl sessions save demo demo.spiked)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto arguments = std::make_shared<CopyArguments>();
            command_line.AddArgument({.name = "SESSION", .help = "the session, by its id or name"},
                                     arguments->from);
            command_line.AddArgument({.name = "FILE", .help = "where to write it"},
                                     arguments->file);
            return [arguments, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              auto session = client->AttachSession(arguments->from);
              if (!session.ok()) return session.status();
              if (absl::Status status = session->Save(arguments->file); !status.ok()) return status;
              return WriteOut(common.json ? "{}\n" : "saved\n");
            };
          }};
}

Command Restore() {
  return {"sessions restore", "open a session that goes on from a saved one",
          R"(On this server or another than it was saved on.

Example:
  spikectl sessions restore demo.spiked --id demo2)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto arguments = std::make_shared<CopyArguments>();
            command_line.AddArgument({.name = "FILE", .help = "what `sessions save` has written"},
                                     arguments->file);
            AddCopy(command_line, arguments->options);
            return [arguments, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              return PrintNew(common, client->RestoreSession(arguments->file, arguments->options));
            };
          }};
}

Command Fork() {
  return {"sessions fork", "open a session that goes on from where another one is",
          R"(Both go on.

Example:
  spikectl sessions fork demo --id demo-b)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto arguments = std::make_shared<CopyArguments>();
            command_line.AddArgument({.name = "SESSION", .help = "the session, by its id or name"},
                                     arguments->from);
            AddCopy(command_line, arguments->options);
            return [arguments, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              auto session = client->AttachSession(arguments->from);
              if (!session.ok()) return session.status();
              return PrintNew(common, session->Fork(arguments->options));
            };
          }};
}

// Of a session and the name of one of its snapshots.
Command OnSnapshot(const char* name, const char* summary, const char* more,
                   absl::Status (*act)(client::Session& session, const std::string& snapshot)) {
  return {name, summary, more,
          [act](CommandLine& command_line, const Common& common) -> Command::Run {
            struct Arguments {
              std::string session, snapshot;
            };
            auto arguments = std::make_shared<Arguments>();
            command_line.AddArgument({.name = "SESSION", .help = "the session, by its id or name"},
                                     arguments->session);
            command_line.AddArgument({.name = "NAME", .help = "the snapshot's name"},
                                     arguments->snapshot);
            return [act, arguments, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              auto session = client->AttachSession(arguments->session);
              if (!session.ok()) return session.status();
              absl::Status status = act(*session, arguments->snapshot);
              return status.ok() ? Show(common, *session) : status;
            };
          }};
}

Command Snapshot() {
  return OnSnapshot("sessions snapshot", "keep all that a session is under a name",
                    R"(For `sessions reset` to go back to; an older one of that name goes.

Example:
  spikectl sessions snapshot demo trained)",
                    [](client::Session& session, const std::string& name) {
                      return session.TakeSnapshot(name).status();
                    });
}

Command Reset() {
  return OnSnapshot("sessions reset", "have a session go back to a snapshot",
                    R"(Networks, weights, state and time become what they were.

Example:
  spikectl sessions reset demo trained)",
                    [](client::Session& session, const std::string& name) {
                      return session.ResetTo(name).status();
                    });
}

Command Forget() {
  return OnSnapshot("sessions forget", "forget a snapshot of a session", "",
                    [](client::Session& session, const std::string& name) {
                      return session.ForgetSnapshot(name);
                    });
}

Command Inspect() {
  return {"sessions inspect", "say what a saved session is",
          R"(Looks at all of the file, and asks no server.

Example:
  spikectl sessions inspect demo.spiked)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto file = std::make_shared<std::string>();
            command_line.AddArgument({.name = "FILE", .help = "what `sessions save` has written"},
                                     *file);
            return [file, &common] {
              const auto saved = client::InspectSavedSession(*file);
              if (!saved.ok()) return saved.status();
              if (common.json) return WriteOut(JsonText(*saved));
              const std::string heading =
                  absl::StrCat("saved ", TimeText(saved->save_time()), " by spiked ",
                               saved->server_version(), " (", saved->server_commit(), ")\n");
              return WriteOut(heading + DescriptionText(saved->session()));
            };
          }};
}

}  // namespace

std::vector<Command> SessionCommands() {
  return {
      List(),
      OnSession("sessions show", "describe a session", "", Show),
      OnSession("sessions halt", "stop the step that a session is taking",
                "Whoever waits for the step gets what it has come to; the session stays.", Halt),
      OnSession("sessions delete", "close a session and free what it holds", "", Delete),
      Share(),
      Save(),
      Restore(),
      Fork(),
      Snapshot(),
      Reset(),
      Forget(),
      Inspect()};
}

}  // namespace spiked::ctl
