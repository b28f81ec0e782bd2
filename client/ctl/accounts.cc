// Commands on accounts and their tokens.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/command_line/streams.h"
#include "client/ctl/command.h"
#include "client/ctl/output.h"
#include "client/ctl/table.h"

namespace spiked::ctl {
namespace {

absl::Status PrintAccounts(const Common& common, const std::vector<v1::Account>& accounts) {
  if (common.json) return WriteOut(JsonText(accounts));
  std::vector<std::vector<std::string>> rows;
  for (const v1::Account& account : accounts) {
    rows.push_back({account.name(), RoleText(account.role()),
                    absl::StrFormat("%.4g", account.weight()), absl::StrCat(account.tokens_size()),
                    QuotasText(account)});
  }
  return WriteOut(TableText({"ACCOUNT", "ROLE", ">WEIGHT", ">TOKENS", "QUOTAS"}, rows));
}

absl::StatusOr<std::vector<v1::Account>> AllAccounts(const Common& common) {
  auto client = common.Connect();
  if (!client.ok()) return client.status();
  return client->ListAccounts();
}

Command ListUsers() {
  return {"users", "list the accounts of the server", "For admins.",
          [](CommandLine& /*command_line*/, const Common& common) -> Command::Run {
            return [&common] {
              const auto accounts = AllAccounts(common);
              if (!accounts.ok()) return accounts.status();
              return PrintAccounts(common, *accounts);
            };
          }};
}

absl::Status TakeRole(const std::string& text, v1::PutAccountRequest& request) {
  v1::Role role;
  if (!v1::Role_Parse(absl::StrCat("ROLE_", absl::AsciiStrToUpper(text)), &role) ||
      role == v1::ROLE_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be viewer, user or admin, not '", text, "'"));
  }
  request.set_role(role);
  return absl::OkStatus();
}

absl::Status TakeQuota(const std::string& text, v1::PutAccountRequest& request) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (parts.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat("must be NAME=N, not '", text, "'"));
  }
  const auto number = ReadNumber<uint64_t>(parts[1], 0, UINT64_MAX);
  if (!number.ok()) return number.status();
  (*request.mutable_quotas())[parts[0]] = *number;
  return absl::OkStatus();
}

Command PutUser() {
  return {"users put", "make an account, or change one",
          R"(Role, weight and quotas become what is said here, or the default. Tokens stay.
Quotas: sessions, neurons, synapses, memory_bytes, streams, step_ms, commands,
connections, request_bytes, labels, text_bytes, stored_bytes,
recorded_spikes. For admins.

Examples:
  spikectl users put anna --quota sessions=20,memory_bytes=4294967296
  spikectl users put dashboard --role viewer)",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            struct Options {
              std::string name;
              v1::PutAccountRequest request;
              double weight = 1;
            };
            auto options = std::make_shared<Options>();
            options->request.set_role(v1::ROLE_USER);
            command_line.AddArgument({.name = "ACCOUNT", .help = "its name"}, options->name);
            command_line.Add(
                {.name = "--role",
                 .value = "ROLE",
                 .help = "viewer, user or admin",
                 .otherwise = "user",
                 .variable = false},
                [options](const std::string& text) { return TakeRole(text, options->request); });
            command_line.AddNumber({.name = "--weight",
                                    .value = "X",
                                    .help = "share in the cores beside others",
                                    .variable = false},
                                   options->weight, 0.01, 100.0);
            command_line.AddList(
                {.name = "--quota",
                 .value = "NAME=N",
                 .help = "let the account take so much at most; may be repeated",
                 .variable = false},
                [options](const std::string& text) { return TakeQuota(text, options->request); });
            return [options, &common] {
              options->request.set_account(options->name);
              options->request.set_weight(options->weight);
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              auto account = client->PutAccount(options->request);
              if (!account.ok()) return account.status();
              return common.json ? WriteOut(JsonText(*account))
                                 : WriteOut(absl::StrCat(account->name(), ": ",
                                                         RoleText(account->role()), "\n"));
            };
          }};
}

Command DeleteUser() {
  return {"users delete", "remove an account with its tokens",
          "Its sessions stay, for admins. For admins.",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto name = std::make_shared<std::string>();
            command_line.AddArgument({.name = "ACCOUNT", .help = "its name"}, *name);
            return [name, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              if (absl::Status status = client->DeleteAccount(*name); !status.ok()) return status;
              return WriteOut(common.json ? "{}\n" : "deleted\n");
            };
          }};
}

// `90d`, `12h`, `30min`, `45s`: from now on.
absl::Status TakeExpiry(const std::string& text, absl::Time& time) {
  const size_t digits = text.find_first_not_of("0123456789");
  const auto number = ReadNumber<int64_t>(text.substr(0, digits), 1, 1'000'000'000);
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  const absl::Duration one = unit == "d"     ? absl::Hours(24)
                             : unit == "h"   ? absl::Hours(1)
                             : unit == "min" ? absl::Minutes(1)
                             : unit == "s"   ? absl::Seconds(1)
                                             : absl::ZeroDuration();
  if (!number.ok() || one == absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be such as 90d, 12h, 30min or 45s, not '", text, "'"));
  }
  time = absl::Now() + *number * one;
  return absl::OkStatus();
}

Command NewToken() {
  return {
      "token new", "make a token that stands for an account",
      R"(The token is printed once, and cannot be told again. Its user sets SPIKED_TOKEN
to it, or puts it into a file for --token-file. For admins.

Examples:
  spikectl token new anna --expires 90d --note laptop
  spikectl token new ci --json | jq -r .token)",
      [](CommandLine& command_line, const Common& common) -> Command::Run {
        struct Options {
          std::string account, note;
          absl::Time expire_time = absl::InfiniteFuture();
        };
        auto options = std::make_shared<Options>();
        command_line.AddArgument({.name = "ACCOUNT", .help = "for which it is to stand"},
                                 options->account);
        command_line.Add(
            {.name = "--expires",
             .value = "SPAN",
             .help = "let it end after that: 90d, 12h, 30min, 45s",
             .otherwise = "never",
             .variable = false},
            [options](const std::string& text) { return TakeExpiry(text, options->expire_time); });
        command_line.AddText(
            {.name = "--note", .value = "TEXT", .help = "what it is for", .variable = false},
            options->note);
        return [options, &common] {
          auto client = common.Connect();
          if (!client.ok()) return client.status();
          const auto created =
              client->CreateToken(options->account, options->expire_time, options->note);
          if (!created.ok()) return created.status();
          return WriteOut(common.json ? JsonText(*created) : absl::StrCat(created->token(), "\n"));
        };
      }};
}

Command ListTokens() {
  return {"token list", "list all tokens, by the account for which they stand", "For admins.",
          [](CommandLine& /*command_line*/, const Common& common) -> Command::Run {
            return [&common] {
              const auto accounts = AllAccounts(common);
              if (!accounts.ok()) return accounts.status();
              if (common.json) return WriteOut(JsonText(*accounts));
              std::vector<std::vector<std::string>> rows;
              for (const v1::Account& account : *accounts) {
                for (const v1::Token& token : account.tokens()) {
                  rows.push_back({token.id(), account.name(), TimeText(token.create_time()),
                                  token.has_expire_time() ? TimeText(token.expire_time()) : "never",
                                  token.note()});
                }
              }
              return WriteOut(TableText({"TOKEN", "ACCOUNT", "CREATED", "EXPIRES", "NOTE"}, rows));
            };
          }};
}

Command RevokeToken() {
  return {"token revoke", "make a token stand for nobody",
          "Open streams end at their next message. For admins.",
          [](CommandLine& command_line, const Common& common) -> Command::Run {
            auto token = std::make_shared<std::string>();
            command_line.AddArgument({.name = "TOKEN", .help = "its id, which `token list` tells"},
                                     *token);
            return [token, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              if (absl::Status status = client->RevokeToken(*token); !status.ok()) return status;
              return WriteOut(common.json ? "{}\n" : "revoked\n");
            };
          }};
}

}  // namespace

std::vector<Command> AccountCommands() {
  return {ListUsers(), PutUser(), DeleteUser(), NewToken(), ListTokens(), RevokeToken()};
}

}  // namespace spiked::ctl
