#include "server/options.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/access/owner_token.h"
#include "server/engine/instruction_set.h"
#include "server/resources.h"
#include "server/systemd.h"

namespace spiked {
namespace {

constexpr char kLogLevels[] = "trace, debug, info, warning, error or off";
constexpr uint64_t kBillion = 1'000'000'000;

absl::Status TakeInstructionSet(const std::string& text, std::string& name) {
  const std::vector<std::string> names = engine::InstructionSets();
  if (std::find(names.begin(), names.end(), text) == names.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "must be one of this machine's (", absl::StrJoin(names, ", "), "), not '", text, "'"));
  }
  name = text;
  return absl::OkStatus();
}

absl::Status TakeLogLevel(const std::string& text, spdlog::level::level_enum& level) {
  const auto found = spdlog::level::from_str(text);
  if (found == spdlog::level::off && text != "off") {
    return absl::InvalidArgumentError(absl::StrCat("must be ", kLogLevels, ", not '", text, "'"));
  }
  level = found;
  return absl::OkStatus();
}

absl::Status TakeLogFormat(const std::string& text, LogFormat& format) {
  if (text != "text" && text != "json") {
    return absl::InvalidArgumentError(absl::StrCat("must be text or json, not '", text, "'"));
  }
  format = text == "json" ? LogFormat::kJson : LogFormat::kText;
  return absl::OkStatus();
}

absl::Status TakeMetrics(const std::string& text, std::string& address) {
  const auto read = net::ParseListenAddress(text);
  if (!read.ok()) return read.status();
  if (!read->path.empty()) return absl::InvalidArgumentError("must be HOST:PORT");
  address = text;
  return absl::OkStatus();
}

absl::Status TakeWeb(const std::string& text, std::optional<net::ListenAddress>& address) {
  auto read = net::ParseListenAddress(text);
  if (!read.ok()) return read.status();
  if (!read->path.empty()) return absl::InvalidArgumentError("must be HOST:PORT");
  address = *std::move(read);
  return absl::OkStatus();
}

// What the service manager has opened, unless there is something else to do.
absl::Status TakeSockets(Options& options) {
  if (options.health) return absl::OkStatus();
  auto sockets = systemd::ListeningSockets();
  if (!sockets.ok()) return sockets.status();
  auto& addresses = options.server.addresses;
  addresses.insert(addresses.end(), sockets->begin(), sockets->end());
  return absl::OkStatus();
}

// Those who only ask for health do not listen.
absl::Status CheckReach(const Options& options) {
  if (options.health) return absl::OkStatus();
  const auto check = [&options](const char* option, const net::ListenAddress& address) {
    if (address.IsLocal() || !options.server.tls.empty() || options.insecure) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": other machines can reach ", address.ToString(),
                     ", and what is sent there is not encrypted: give --tls-certificate and "
                     "--tls-key (spikectl tls init makes them); --insecure allows it "
                     "nevertheless"));
  };
  absl::Status status;
  for (const net::ListenAddress& address : options.server.addresses) {
    status.Update(check("--listen", address));
  }
  if (options.web) status.Update(check("--web", *options.web));
  return status;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Takes a token that others must not see, as they see the arguments of programs: itself,
// or the file in which a container finds its secret, whoever owns that there.
absl::Status TakeOwnerToken(rpc::ServerOptions& options) {
  constexpr char kToken[] = "SPIKED_OWNER_TOKEN", kFile[] = "SPIKED_OWNER_TOKEN_FILE";
  std::string token = Environment(kToken);
  const std::string path = Environment(kFile);
  if (token.empty() && path.empty()) return absl::OkStatus();
  if (!token.empty() && !path.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(kToken, " and ", kFile, ": give one of them"));
  }
  if (!path.empty()) {
    std::ifstream file(path);
    if (!file) return absl::InvalidArgumentError(absl::StrCat(kFile, ": cannot read ", path));
    token.assign(std::istreambuf_iterator<char>(file), {});
    absl::StripAsciiWhitespace(&token);
  }
  if (!access::IsToken(token)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.empty() ? kToken : kFile,
                     ": must be 32 to 256 characters without blanks, which nobody can guess"));
  }
  options.owner_token = std::move(token);
  return absl::OkStatus();
}

void AddAccess(CommandLine& command_line, rpc::ServerOptions& options) {
  command_line.AddText(
      {.name = "--token-file",
       .value = "FILE",
       .help = "read the token by which you are known over TCP from FILE, or write a new one "
               "there; clients find it where it is by default",
       .otherwise = "$XDG_STATE_HOME/spiked/token or ~/.local/state/spiked/token"},
      options.token_file);
  command_line.AddText({.name = "--accounts",
                        .value = "FILE",
                        .help = "keep other users, with their rights and tokens, in FILE",
                        .otherwise = "accounts.json beside that token"},
                       options.accounts_file);
  command_line.AddText({.name = "--tls-certificate",
                        .value = "FILE",
                        .help = "encrypt what goes over TCP, with this certificate (PEM); a file "
                                "that changes is read again",
                        .otherwise = "no encryption"},
                       options.tls.certificate);
  command_line.AddText({.name = "--tls-key",
                        .value = "FILE",
                        .help = "the private key of that certificate",
                        .needs = "--tls-certificate"},
                       options.tls.key);
  command_line.AddText({.name = "--tls-client-ca",
                        .value = "FILE",
                        .help = "take certificates of clients from this authority: each stands "
                                "for the account that its common name names",
                        .needs = "--tls-certificate"},
                       options.tls.client_ca);
  command_line.AddCheck([&options] {
    if (options.tls.empty() || !options.tls.key.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("--tls-certificate needs --tls-key");
  });
  command_line.AddCheck([&options] { return TakeOwnerToken(options); });
}

// A number of seconds, which has a default.
void AddSeconds(CommandLine& command_line, CommandLine::Option option,
                std::chrono::seconds& seconds) {
  option.otherwise = option.initial = absl::StrCat(seconds.count());
  command_line.Add(option, [&seconds](const std::string& text) {
    const auto read = ReadNumber<int64_t>(text, 0, kBillion);
    if (read.ok()) seconds = std::chrono::seconds(*read);
    return read.status();
  });
}

void AddOperation(CommandLine& command_line, Options& options) {
  command_line.Add(
      {.name = "--metrics",
       .value = "ADDR",
       .help = "tell metrics to Prometheus at http://ADDR/metrics, with HOST:PORT for "
               "ADDR; whoever reaches it sees names of accounts",
       .otherwise = "nowhere"},
      [&options](const std::string& text) { return TakeMetrics(text, options.metrics); });
  command_line.Add({.name = "--web",
                    .value = "ADDR",
                    .help = "serve browsers, and whoever speaks HTTP, at ADDR, with HOST:PORT for "
                            "ADDR; they show tokens as over TCP",
                    .otherwise = "nowhere"},
                   [&options](const std::string& text) { return TakeWeb(text, options.web); });
  command_line.AddText({.name = "--web-files",
                        .value = "DIR",
                        .help = "serve the page in that folder there",
                        .otherwise = "the page that comes with the program"},
                       options.web_files);
  command_line.AddFlag({.name = "--web-metrics",
                        .help = "tell metrics to Prometheus at /metrics there, too, if it shows "
                                "an admin's token"},
                       options.web_metrics);
  command_line.AddCheck([&options] {
    options.server.tokens_elsewhere = options.web.has_value();
    return absl::OkStatus();
  });
  command_line.AddFlag(
      {.name = "--no-reflection", .help = "do not tell generic clients what services there are"},
      options.no_reflection);
  command_line.AddCheck([&options] {
    options.server.reflection = !options.no_reflection;
    return absl::OkStatus();
  });
  AddSeconds(command_line,
             {.name = "--drain-timeout-s",
              .value = "N",
              .help = "let what runs go on for so many seconds when the server is to stop"},
             options.server.drain_timeout);
}

void AddLimits(CommandLine& command_line, session::Limits& limits) {
  constexpr uint64_t kUnbounded = std::numeric_limits<uint64_t>::max();
  command_line.AddNumber<uint64_t>(
      {.name = "--max-sessions", .value = "N", .help = "allow so many sessions", .reloads = true},
      limits.max_sessions, 1, kBillion);
  command_line.Add({.name = "--max-memory-mib",
                    .value = "N",
                    .help = "let all sessions together take so many MiB of memory",
                    .otherwise = "half of what the machine has, or the container may have",
                    .initial = absl::StrCat(limits.max_memory_bytes >> 20),
                    .reloads = true},
                   [&limits](const std::string& text) {
                     const auto mib = ReadNumber<uint64_t>(text, 1, kBillion);
                     if (mib.ok()) limits.max_memory_bytes = *mib << 20;
                     return mib.status();
                   });
  command_line.AddNumber<uint64_t>(
      {.name = "--max-neurons",
       .value = "N",
       .help = "allow so many neurons, relays and devices in a session",
       .otherwise = "0, no limit but memory",
       .reloads = true},
      limits.max_neurons, 0, kUnbounded);
  for (const auto& [name, help, ttl] :
       {std::tuple("--default-ttl-s",
                   "delete sessions that nobody has used for so many seconds, "
                   "unless they were created with another ttl",
                   &limits.default_ttl),
        std::tuple("--max-ttl-s", "let no session stay unused for longer", &limits.max_ttl)}) {
    command_line.Add(
        {.name = name, .value = "N", .help = help, .otherwise = "no limit", .reloads = true},
        [ttl = ttl](const std::string& text) {
          const auto seconds = ReadNumber<int64_t>(text, 1, kBillion);
          if (seconds.ok()) *ttl = std::chrono::seconds(*seconds);
          return seconds.status();
        });
  }
  command_line.AddCheck([&limits] {
    if (limits.max_ttl.count() == 0) return absl::OkStatus();
    if (limits.default_ttl.count() == 0) limits.default_ttl = limits.max_ttl;
    if (limits.default_ttl <= limits.max_ttl) return absl::OkStatus();
    return absl::InvalidArgumentError("--default-ttl-s must not be more than --max-ttl-s");
  });
  command_line.AddList(
      {.name = "--quota",
       .value = "NAME=N",
       .help = "let accounts that have no such quota of their own take so much, such as "
               "streams=100; may be repeated, or list several with commas",
       .otherwise = "no limit but the server's, of sessions, memory_bytes and stored_bytes as much "
                    "as is left for others, where there are any",
       .reloads = true},
      [&limits](const std::string& text) {
        const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
        auto* const quota = access::FindQuota(limits.quotas, parts[0]);
        if (quota == nullptr || parts.size() != 2) {
          return absl::InvalidArgumentError(
              absl::StrCat("must be NAME=N with one of ",
                           absl::StrJoin(access::kQuotas, ", ",
                                         [](std::string* out, const access::NamedQuota& known) {
                                           absl::StrAppend(out, known.name);
                                         }),
                           ", not '", text, "'"));
        }
        const auto number = ReadNumber<uint64_t>(parts[1], 0, std::numeric_limits<uint64_t>::max());
        if (number.ok()) *quota = *number;
        return number.status();
      });
  command_line.AddNumber<uint64_t>({.name = "--max-synapses",
                                    .value = "N",
                                    .help = "allow so many synapses in a session",
                                    .otherwise = "0, no limit but memory",
                                    .reloads = true},
                                   limits.max_synapses, 0, kUnbounded);
  command_line.AddNumber<size_t>(
      {.name = "--keep-answers",
       .value = "N",
       .help = "keep the answers to so many requests with an id, of each session and account, for "
               "those who send them again",
       .reloads = true},
      limits.answers_kept, 0, kBillion);
  AddSeconds(command_line,
             {.name = "--keep-answers-s",
              .value = "N",
              .help = "keep them for so many seconds",
              .reloads = true},
             limits.answers_kept_for);
}

void AddStorage(CommandLine& command_line, rpc::ServerOptions& options) {
  command_line.AddText({.name = "--data-dir",
                        .value = "DIR",
                        .help = "keep sessions in that folder, on a local disk, so that they are "
                                "back when the server is started again",
                        .otherwise = "nowhere; they end with the server"},
                       options.data_dir);
  command_line.Add({.name = "--max-replay-ms",
                    .value = "N",
                    .help = "take snapshots of sessions, so that to bring one back no more than "
                            "that is computed anew",
                    .otherwise = "2000",
                    .initial = "2000",
                    .reloads = true},
                   [&options](const std::string& text) {
                     const auto ms = ReadNumber<int64_t>(text, 0, kBillion);
                     if (ms.ok()) options.limits.max_replay = std::chrono::milliseconds(*ms);
                     return ms.status();
                   });
  AddSeconds(command_line,
             {.name = "--idle-s",
              .value = "N",
              .help = "let sessions that are kept go from memory when nobody has used them for so "
                      "many seconds; their next command brings them back. 0: never",
              .reloads = true},
             options.limits.idle_time);
}

}  // namespace

CommandLine MakeCommandLine(Options& options) {
  const Resources resources = AvailableResources();
  options.server.workers = resources.cores;
  options.server.limits.max_memory_bytes = resources.memory_bytes / 2;
  options.server.token_file = access::DefaultTokenFile();
  options.server.accounts_file = access::DefaultAccountsFile();

  CommandLine command_line("spiked",
                           "Hosts spiking-network simulations for clients that speak gRPC.");
  command_line.AddConfigFile(
      {.name = "--config",
       .value = "FILE",
       .help = "take options that are neither given nor in the environment from FILE, in TOML, "
               "such as max-sessions = 100",
       .otherwise = "none"});
  command_line.AddFlag({.name = "--check-config",
                        .help = "start no server, but say whether its options are good",
                        .variable = false},
                       options.check_config);
  command_line.AddFlag({.name = "--print-config",
                        .help = "start no server, but print its options, each with where it "
                                "comes from, as a file for --config",
                        .variable = false},
                       options.print_config);
  command_line.AddList(
      {.name = "--listen",
       .value = "ADDR",
       .help = "listen on unix:PATH or HOST:PORT; may be repeated, or list several "
               "with commas. Port 0 stands for any that is free",
       .otherwise = "unix:$XDG_RUNTIME_DIR/spiked.sock or, where that is not set, "
                    "unix:/tmp/spiked-UID/spiked.sock"},
      [&options](const std::string& text) {
        auto address = net::ParseListenAddress(text);
        if (!address.ok()) return address.status();
        options.server.addresses.push_back(*std::move(address));
        return absl::OkStatus();
      });
  command_line.AddFlag(
      {.name = "--insecure",
       .help = "let other machines reach the server without encryption: whoever sees the "
               "traffic sees tokens, too"},
      options.insecure);
  command_line.AddNumber({.name = "--workers",
                          .value = "N",
                          .help = "run so many steps at a time",
                          .otherwise = "one a core"},
                         options.server.workers, 1, 4096);
  AddAccess(command_line, options.server);
  AddStorage(command_line, options.server);
  AddOperation(command_line, options);
  AddLimits(command_line, options.server.limits);
  command_line.Add({.name = "--instruction-set",
                    .value = "X",
                    .help = "compute with avx3 (AVX-512), avx2, sse4, ssse3 or scalar; results do "
                            "not depend on it",
                    .otherwise = "the best of the machine's"},
                   [&options](const std::string& text) {
                     return TakeInstructionSet(text, options.instruction_set);
                   });
  command_line.Add(
      {.name = "--log-format",
       .value = "FORM",
       .help = "text for people, or json, a line an object, for machines",
       .otherwise = "text",
       .initial = "text"},
      [&options](const std::string& text) { return TakeLogFormat(text, options.log_format); });
  command_line.Add(
      {.name = "--log-level",
       .value = "LEVEL",
       .help = kLogLevels,
       .otherwise = "info",
       .initial = "info",
       .reloads = true},
      [&options](const std::string& text) { return TakeLogLevel(text, options.log_level); });
  command_line.Add({.name = "--health",
                    .value = "ADDR",
                    .help = "start no server, but ask the one at ADDR whether it is well, for "
                            "probes: exit status 0 if so, 1 if not",
                    .variable = false},
                   [&options](const std::string& text) {
                     auto address = net::ParseListenAddress(text);
                     if (!address.ok()) return address.status();
                     options.health = *std::move(address);
                     return absl::OkStatus();
                   });
  command_line.AddText({.name = "--tls-ca",
                        .value = "FILE",
                        .help = "ask --health of a server that encrypts, and that this authority "
                                "has certified"},
                       options.health_ca);
  command_line.AddCheck([&options] { return TakeSockets(options); });
  command_line.AddCheck([&options] { return CheckReach(options); });
  command_line.SetEpilogue(
      R"(Only you can reach a Unix socket, and may do everything there. Whoever comes
over TCP, from this machine or others, must show a token: yours, or that of an
account that you have made (spikectl token new). Where there is no place for a
file of the server's own, SPIKED_OWNER_TOKEN gives yours, or
SPIKED_OWNER_TOKEN_FILE the file that has it.

Examples:
  spiked --max-memory-mib 4096 --log-level debug
  spiked --listen unix:/tmp/mine.sock --listen 127.0.0.1:50051
  SPIKED_LISTEN=unix:/tmp/mine.sock,127.0.0.1:50051 spiked

SIGTERM and SIGINT stop the server in order, a second one at once. SIGHUP reads
accounts and options again; limits and the level of the log change at once.
Exit status: 0 stopped, or well; 1 an error, or not well; 2 bad usage.)");
  return command_line;
}

}  // namespace spiked
