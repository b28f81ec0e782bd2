// The server: reads its options, builds the parts, waits for a signal.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/command_line/command_line.h"
#include "client/command_line/streams.h"
#include "grpc/grpc.h"
#include "grpc/support/log.h"
#include "server/engine/instruction_set.h"
#include "server/heap.h"
#include "server/log/log.h"
#include "server/options.h"
#include "server/resources.h"
#include "server/rpc/health_probe.h"
#include "server/rpc/server.h"
#include "server/systemd.h"
#include "server/web/front.h"
#include "server/web/metrics_server.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace spiked {
namespace {

// Less than the patience of those who run probes (Docker's is 30 s unless told
// otherwise), so that they see our answer.
constexpr absl::Duration kProbeTimeout = absl::Seconds(3);
// What stopping may take beyond draining. With that by default less than the patience of
// those who stop the server: Docker kills it after 10 s.
constexpr auto kStopTimeout = std::chrono::seconds(4);
// How often what is free in the heap is given back.
constexpr std::chrono::microseconds kTrimInterval = std::chrono::seconds(5);

void LogForGrpc(gpr_log_func_args* args) {
  const auto level = args->severity == GPR_LOG_SEVERITY_ERROR  ? spdlog::level::warn
                     : args->severity == GPR_LOG_SEVERITY_INFO ? spdlog::level::debug
                                                               : spdlog::level::trace;
  spdlog::log(level, "grpc: {}", args->message);
}

int ProbeHealth(const net::ListenAddress& address, const std::string& ca) {
  const absl::Status status = rpc::ProbeHealth(address, kProbeTimeout, ca);
  if (status.ok()) {
    std::puts(absl::StrCat(address.ToString(), ": SERVING").c_str());
    return kSuccess;
  }
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return kFailure;
}

// Ends the process in a while, or at once on a further signal, however far the
// server has got with stopping.
void EndAnyway(const sigset_t& signals, std::chrono::seconds drain_timeout) {
  std::thread([signals, drain_timeout] {
    const timespec patience = {.tv_sec = (drain_timeout + kStopTimeout).count(), .tv_nsec = 0};
    int signal = 0;
    do {
      signal = sigtimedwait(&signals, nullptr, &patience);
    } while (signal == SIGHUP || (signal < 0 && errno == EINTR));
    if (signal < 0) {
      spdlog::warn("stopped without some clients, which do not read their answers");
    } else {
      spdlog::warn("ended at once on a further signal");
    }
    std::_Exit(kSuccess);
  }).detach();
}

// A connection is a file, and most systems allow but few of them unless asked. An idle one takes
// some 20 KB: all together no more than an eighth of what sessions may.
void AllowManyFiles(uint64_t max_memory_bytes) {
  constexpr rlim_t kFew = 4096, kMany = 65536, kConnectionBytes = 24 << 10;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::clamp(max_memory_bytes / 8 / kConnectionBytes, kFew, kMany);
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Of gRPC, and of our own beside the workers.
constexpr int kOtherThreads = 48;

// Takes over what may change while the server runs, if all the options are good.
void Reload(const std::vector<std::string>& arguments, const CommandLine& started,
            rpc::Server& server) {
  Options options;
  CommandLine command_line = MakeCommandLine(options);
  if (const auto read = command_line.Parse(arguments); !read.ok()) {
    spdlog::error("nothing is changed: {}", std::string(read.status().message()));
    return;
  }
  spdlog::set_level(options.log_level);
  server.Reload(options.server.limits);
  const auto before = started.Settings(), now = command_line.Settings();
  for (size_t k = 0; k < now.size(); ++k) {
    if (!now[k].reloads && now[k].values != before[k].values) {
      spdlog::warn("{}: a change takes a restart", now[k].key);
    }
  }
  spdlog::info("options and accounts have been read again");
}

// Waits for a signal. Meanwhile it keeps the heap small, and tells the service manager that
// the server is alive: that nobody holds for good the locks that every command needs.
int NextSignal(const sigset_t& signals, const session::Registry& registry) {
  const auto watchdog = systemd::WatchdogInterval();
  const auto interval = std::min(watchdog.value_or(kTrimInterval), kTrimInterval);
  const timespec patience = {.tv_sec = interval.count() / 1'000'000,
                             .tv_nsec = interval.count() % 1'000'000 * 1000};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &patience);
    if (signal > 0) return signal;
    TrimHeap();
    if (!watchdog) continue;
    registry.Observe();
    systemd::Alive();
  }
}

// Of those who are served at all.
web::FrontOptions WebOptions(const Options& options) {
  return {.address = *options.web,
          .tls = options.server.tls,
          .files = options.web_files,
          .metrics = options.web_metrics};
}

// Opens the further ports, for browsers and for metrics.
absl::Status OpenOthers(const Options& options, rpc::Server& server,
                        std::unique_ptr<web::MetricsServer>& metrics) {
  if (options.web) {
    auto started = web::Front::Start(WebOptions(options), &server.registry());
    if (!started.ok()) return started.status();
    spdlog::info("browsers are served at {}://{}/", options.server.tls.empty() ? "http" : "https",
                 (*started)->address().ToString());
    server.Add(*std::move(started));
  }
  if (options.metrics.empty()) return absl::OkStatus();
  auto started = web::MetricsServer::Start(options.metrics, &server.registry());
  if (!started.ok()) return started.status();
  metrics = *std::move(started);
  spdlog::info("metrics on port {}", metrics->port());
  return absl::OkStatus();
}

absl::Status Check(const Options& options) {
  if (absl::Status status = rpc::Server::Check(options.server); !status.ok()) return status;
  return options.web ? web::Front::Check(WebOptions(options)) : absl::OkStatus();
}

int Serve(const Options& all, const std::vector<std::string>& arguments,
          const CommandLine& command_line) {
  rpc::ServerOptions options = all.server;
  AllowManyFiles(options.limits.max_memory_bytes);
  if (const absl::Status status = CheckThreads(options.workers + kOtherThreads); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return kFailure;
  }
  // Before any thread starts, so that the signals come to sigwait alone.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error, not the end
  // Keeps gRPC up until the process ends. Where it is shut down with its last
  // server, it waits up to 10 s for a thread of its own that looks after writes
  // that did not go out at once.
  grpc_init();

  if (options.addresses.empty()) {
    auto address = net::DefaultListenAddress();
    if (!address.ok()) {
      spdlog::error("{}", std::string(address.status().message()));
      return kFailure;
    }
    options.addresses = {*std::move(address)};
  }
  const auto server = rpc::Server::Start(options);
  if (!server.ok()) {
    spdlog::error("{}", std::string(server.status().message()));
    return kFailure;
  }
  std::string where;
  for (const net::ListenAddress& address : (*server)->addresses()) {
    absl::StrAppend(&where, where.empty() ? "" : " ", address.ToString());
  }
  spdlog::info("spiked {} listening on {}", SPIKED_VERSION, where);
  spdlog::info("workers: {}, memory of sessions: {} MiB", options.workers,
               options.limits.max_memory_bytes >> 20);

  std::unique_ptr<web::MetricsServer> metrics;
  if (const absl::Status status = OpenOthers(all, **server, metrics); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return kFailure;
  }
  systemd::Ready();

  int signal = 0;
  while ((signal = NextSignal(signals, (*server)->registry())) == SIGHUP) {
    systemd::Reloading();
    Reload(arguments, command_line, **server);
    systemd::Ready();
  }
  spdlog::info("stopping on {}", signal == SIGINT ? "SIGINT" : "SIGTERM");
  systemd::Stopping();
  EndAnyway(signals, options.drain_timeout);
  (*server)->Stop();
  spdlog::info("stopped");
  return kSuccess;
}

int Main(const Options& options, const std::vector<std::string>& arguments,
         const CommandLine& command_line) {
  if (options.print_config) return command_line.Finish(WriteOut(command_line.SettingsText()));
  if (options.check_config) return command_line.Finish(Check(options));
  KeepHeapSmall();
  spdlog::set_default_logger(spdlog::stderr_color_mt("spiked"));
  spdlog::set_formatter(MakeLogFormatter(options.log_format));
  spdlog::set_level(options.log_level);
  gpr_set_log_function(LogForGrpc);
  if (options.health) return ProbeHealth(*options.health, options.health_ca);
  if (!options.instruction_set.empty()) {
    if (const absl::Status status = engine::UseInstructionSet(options.instruction_set);
        !status.ok()) {
      spdlog::error("{}", std::string(status.message()));
      return kFailure;
    }
  }
  return Serve(options, arguments, command_line);
}

}  // namespace
}  // namespace spiked

int main(int argc, char** argv) {
  spiked::Options options;
  auto command_line = spiked::MakeCommandLine(options);
  if (const auto ended = command_line.Read(argc, argv)) return *ended;
  return spiked::Main(options, {argv + 1, argv + argc}, command_line);
}
