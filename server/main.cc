// The server: reads its options, builds the parts, waits for a signal.
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpc/grpc.h"
#include "grpc/support/log.h"
#include "server/engine/instruction_set.h"
#include "server/resources.h"
#include "server/rpc/health_probe.h"
#include "server/rpc/listen_address.h"
#include "server/rpc/server.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace spiked {
namespace {

constexpr int kUsageError = 2;
// Less than the patience of those who run probes (Docker's is 30 s unless told
// otherwise), so that they see our answer.
constexpr absl::Duration kProbeTimeout = absl::Seconds(3);
// Less than the patience of those who stop the server: Docker kills it after 10 s.
constexpr auto kStopTimeout = std::chrono::seconds(5);

constexpr char kHelp[] =
    R"(spiked hosts spiking-network simulations for clients that speak gRPC.

Usage: spiked [options]

  --listen ADDR         listen on unix:PATH, which only you can reach, or on
                        HOST:PORT, which every account of the machine can; may be
                        repeated. Port 0 stands for any that is free. Default:
                        unix:$XDG_RUNTIME_DIR/spiked.sock, or, where that is not
                        set, unix:/tmp/spiked-UID/spiked.sock
  --insecure            allow addresses that other machines can reach. There is
                        no authentication: whoever reaches the server may do
                        everything
  --workers N           run so many steps at a time (default: one a core)
  --max-sessions N      allow so many sessions (default: 20000)
  --max-memory-mib N    let sessions take so much memory (default: half of what
                        the machine has, or the container may have)
  --instruction-set X   compute with avx3 (AVX-512), avx2, sse4, ssse3 or scalar
                        (default: the best of the machine's); results do not
                        depend on it
  --log-level LEVEL     trace, debug, info, warning, error or off (default: info)
  --health ADDR         start no server, but ask the one at ADDR whether it is
                        well: exit code 0 if so, 1 if not. For probes
  --help                print this
  --version             print the version

SIGTERM and SIGINT stop the server in order.
)";

struct Options {
  rpc::ServerOptions server;
  std::optional<rpc::ListenAddress> health;  // of the server to ask
  bool insecure = false;
  bool help = false;
  bool version = false;
  spdlog::level::level_enum log_level = spdlog::level::info;
};

absl::StatusOr<uint64_t> WholeNumber(absl::string_view option, absl::string_view text,
                                     uint64_t most) {
  uint64_t number;
  if (!absl::SimpleAtoi(text, &number) || number < 1 || number > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " must be a whole number from 1 to ", most, ", not '", text, "'"));
  }
  return number;
}

// Sets an option that has a value; the instruction set at once, as it is the
// whole process's.
absl::Status SetOption(absl::string_view option, absl::string_view value, Options& options) {
  rpc::ServerOptions& server = options.server;
  if (option == "--listen") {
    auto address = rpc::ParseListenAddress(value);
    if (!address.ok()) return address.status();
    server.addresses.push_back(*std::move(address));
    return absl::OkStatus();
  }
  if (option == "--health") {
    auto address = rpc::ParseListenAddress(value);
    if (!address.ok()) return address.status();
    options.health = *std::move(address);
    return absl::OkStatus();
  }
  if (option == "--log-level") {
    options.log_level = spdlog::level::from_str(std::string(value));
    if (options.log_level == spdlog::level::off && value != "off") {
      return absl::InvalidArgumentError(absl::StrCat("there is no log level '", value, "'"));
    }
    return absl::OkStatus();
  }
  if (option == "--instruction-set") {
    absl::Status status = engine::UseInstructionSet(value);
    if (status.ok()) return status;
    return absl::InvalidArgumentError(absl::StrCat(option, " ", status.message()));
  }
  const bool workers = option == "--workers";
  const bool sessions = option == "--max-sessions";
  const bool memory = option == "--max-memory-mib";
  if (!workers && !sessions && !memory) {
    return absl::InvalidArgumentError(absl::StrCat("there is no option ", option));
  }
  const auto number = WholeNumber(option, value, workers ? 4096 : 1'000'000'000);
  if (!number.ok()) return number.status();
  if (workers) server.workers = static_cast<int>(*number);
  if (sessions) server.limits.max_sessions = *number;
  if (memory) server.limits.max_memory_bytes = *number << 20;
  return absl::OkStatus();
}

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  Options options;
  const Resources resources = AvailableResources();
  options.server.workers = resources.cores;
  options.server.limits.max_memory_bytes = resources.memory_bytes / 2;
  for (size_t k = 0; k < arguments.size(); ++k) {
    const std::string& argument = arguments[k];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--version") {
      options.version = true;
    } else if (argument == "--insecure") {
      options.insecure = true;
    } else {
      // Both `--option value` and `--option=value`.
      const size_t equals = argument.find('=');
      const std::string option = argument.substr(0, equals);
      if (equals == std::string::npos && k + 1 == arguments.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("there is no option ", option, ", or it needs a value"));
      }
      const std::string value =
          equals == std::string::npos ? arguments[++k] : argument.substr(equals + 1);
      if (absl::Status status = SetOption(option, value, options); !status.ok()) return status;
    }
  }
  for (const rpc::ListenAddress& address : options.server.addresses) {
    if (!address.IsLocal() && !options.insecure) {
      return absl::InvalidArgumentError(
          absl::StrCat("other machines can reach ", address.ToString(),
                       ", and there is no authentication; --insecure allows it nevertheless"));
    }
  }
  return options;
}

void LogForGrpc(gpr_log_func_args* args) {
  const auto level = args->severity == GPR_LOG_SEVERITY_ERROR  ? spdlog::level::warn
                     : args->severity == GPR_LOG_SEVERITY_INFO ? spdlog::level::debug
                                                               : spdlog::level::trace;
  spdlog::log(level, "grpc: {}", args->message);
}

int ProbeHealth(const rpc::ListenAddress& address) {
  const absl::Status status = rpc::ProbeHealth(address, kProbeTimeout);
  if (status.ok()) {
    std::puts(absl::StrCat(address.ToString(), ": SERVING").c_str());
    return EXIT_SUCCESS;
  }
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return EXIT_FAILURE;
}

// Ends the process in a while, however far the server has got with stopping.
void EndAnyway(const std::vector<rpc::ListenAddress>& addresses) {
  std::thread([addresses] {
    std::this_thread::sleep_for(kStopTimeout);
    spdlog::warn("stopped without some clients, which do not read their answers");
    for (const rpc::ListenAddress& address : addresses) {
      if (!address.path.empty()) unlink(address.path.c_str());
    }
    std::_Exit(EXIT_SUCCESS);
  }).detach();
}

int Serve(rpc::ServerOptions options) {
  // Before any thread starts, so that the signals come to sigwait alone.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // Keeps gRPC up until the process ends. Where it is shut down with its last
  // server, it waits up to 10 s for a thread of its own that looks after writes
  // that did not go out at once.
  grpc_init();

  if (options.addresses.empty()) {
    auto address = rpc::DefaultListenAddress();
    if (!address.ok()) {
      spdlog::error("{}", std::string(address.status().message()));
      return EXIT_FAILURE;
    }
    options.addresses = {*std::move(address)};
  }
  const auto server = rpc::Server::Start(options);
  if (!server.ok()) {
    spdlog::error("{}", std::string(server.status().message()));
    return EXIT_FAILURE;
  }
  std::string where;
  for (const rpc::ListenAddress& address : (*server)->addresses()) {
    absl::StrAppend(&where, where.empty() ? "" : " ", address.ToString());
  }
  spdlog::info("spiked {} listening on {}", SPIKED_VERSION, where);
  spdlog::info("workers: {}, memory of sessions: {} MiB", options.workers,
               options.limits.max_memory_bytes >> 20);

  int signal = 0;
  sigwait(&stop_signals, &signal);
  spdlog::info("stopping on {}", signal == SIGINT ? "SIGINT" : "SIGTERM");
  EndAnyway((*server)->addresses());
  (*server)->Stop();
  spdlog::info("stopped");
  return EXIT_SUCCESS;
}

int Main(const std::vector<std::string>& arguments) {
  auto options = ParseOptions(arguments);
  if (!options.ok()) {
    std::fprintf(stderr, "spiked: %s\nspiked --help lists all options.\n",
                 std::string(options.status().message()).c_str());
    return kUsageError;
  }
  if (options->help) {
    std::fputs(kHelp, stdout);
    return EXIT_SUCCESS;
  }
  if (options->version) {
    std::puts("spiked " SPIKED_VERSION);
    return EXIT_SUCCESS;
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("spiked"));
  spdlog::set_level(options->log_level);
  gpr_set_log_function(LogForGrpc);
  return options->health ? ProbeHealth(*options->health) : Serve(std::move(options->server));
}

}  // namespace
}  // namespace spiked

int main(int argc, char** argv) { return spiked::Main({argv + 1, argv + argc}); }
