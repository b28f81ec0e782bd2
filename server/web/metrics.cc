#include "server/web/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "prometheus/client_metric.h"
#include "prometheus/text_serializer.h"
#include "server/engine/instruction_set.h"
#include "server/session/build_info.h"
#include "server/session/counters.h"
#include "server/session/observation.h"

namespace spiked::web {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;
using session::Counters;
using session::Durations;
using session::Observation;

// Every account has a handful of time series.
constexpr size_t kMostAccounts = 100;
constexpr char kOthers[] = "(others)";

MetricFamily Family(const char* name, MetricType type, const char* help) {
  return {.name = name, .help = help, .type = type, .metric = {}};
}

void Add(MetricFamily& family, Labels labels, double value) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
}

void Add(MetricFamily& family, Labels labels, const Durations& durations) {
  const Durations::Reading reading = durations.Read();
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  uint64_t count = 0;
  for (size_t k = 0; k < Durations::kBounds.size(); ++k) {
    count += reading.counts[k];
    metric.histogram.bucket.push_back(
        {.cumulative_count = count,
         .upper_bound = static_cast<double>(Durations::kBounds[k]) * 1e-9});
  }
  count += reading.counts.back();
  metric.histogram.bucket.push_back(
      {.cumulative_count = count, .upper_bound = std::numeric_limits<double>::infinity()});
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = reading.sum_s;
}

class Collection {
 public:
  MetricFamily& Counter(const char* name, const char* help) {
    return families_.emplace_back(Family(name, MetricType::Counter, help));
  }
  MetricFamily& Gauge(const char* name, const char* help) {
    return families_.emplace_back(Family(name, MetricType::Gauge, help));
  }
  MetricFamily& Histogram(const char* name, const char* help) {
    return families_.emplace_back(Family(name, MetricType::Histogram, help));
  }
  void Put(MetricFamily family) { families_.push_back(std::move(family)); }
  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddCommands(const Counters& counters, Collection& all) {
  MetricFamily commands = Family("spiked_commands_total", MetricType::Counter,
                                 "Commands that are over, each call or message of a stream one");
  MetricFamily durations = Family("spiked_command_duration_seconds", MetricType::Histogram,
                                  "From the arrival of a command to its answer, waiting included");
  for (size_t k = 0; k < session::Commands().size(); ++k) {
    const std::string name(session::Commands()[k].method->name());
    const Counters::OfCommand& counted = *counters.commands()[k];
    bool any = false;
    for (size_t code = 0; code < Counters::kCodes; ++code) {
      const uint64_t count = counted.codes[code].load(std::memory_order_relaxed);
      if (count == 0) continue;
      any = true;
      Add(commands,
          {{"command", name},
           {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}},
          static_cast<double>(count));
    }
    if (any) Add(durations, {{"command", name}}, counted.durations);
  }
  all.Put(std::move(commands));
  all.Put(std::move(durations));
  MetricFamily& refusals = all.Counter("spiked_errors_total", "Commands that failed, by reason");
  for (const auto& [reason, count] : counters.refusals()) {
    Add(refusals, {{"reason", reason}}, static_cast<double>(count));
  }
  Add(all.Counter("spiked_simulated_seconds_total", "Biological time that has been computed"), {},
      counters.simulated_s());
  const engine::Activity activity = counters.activity();
  Add(all.Counter("spiked_spikes_total", "Spikes that neurons and devices have emitted"), {},
      static_cast<double>(activity.spikes));
  Add(all.Counter("spiked_synaptic_events_total", "Spikes that synapses have transmitted"), {},
      static_cast<double>(activity.synaptic_events));
  Add(all.Counter("spiked_watch_frames_total", "Frames that watches of sessions were shown"), {},
      static_cast<double>(counters.frames_shown()));
  Add(all.Counter("spiked_watch_frames_lost_total",
                  "Frames that watches lost, as they had not taken the one before"),
      {}, static_cast<double>(counters.frames_lost()));
}

// The accounts with the most sessions, the rest as one.
std::vector<std::pair<std::string, Observation::OfAccount>> Largest(
    const std::map<std::string, Observation::OfAccount>& accounts) {
  std::vector<std::pair<std::string, Observation::OfAccount>> all(accounts.begin(), accounts.end());
  const auto sessions = [](const auto& account) {
    return account.second.idle + account.second.busy + account.second.failed;
  };
  std::ranges::stable_sort(all, std::ranges::greater(), sessions);
  if (all.size() <= kMostAccounts) return all;
  Observation::OfAccount others;
  for (size_t k = kMostAccounts; k < all.size(); ++k) {
    const Observation::OfAccount& one = all[k].second;
    others.idle += one.idle;
    others.busy += one.busy;
    others.failed += one.failed;
    others.memory_bytes += one.memory_bytes;
    others.streams += one.streams;
  }
  all.resize(kMostAccounts);
  all.emplace_back(kOthers, others);
  return all;
}

void AddAccounts(const Observation& now, Collection& all) {
  MetricFamily sessions =
      Family("spiked_sessions", MetricType::Gauge, "Sessions, by account and state");
  MetricFamily memory = Family("spiked_memory_bytes", MetricType::Gauge,
                               "Memory that the sessions of an account take");
  MetricFamily streams =
      Family("spiked_streams", MetricType::Gauge, "Streams that an account has open");
  for (const auto& [name, account] : Largest(now.accounts)) {
    for (const auto& [state, count] :
         {std::pair("idle", account.idle), std::pair("busy", account.busy),
          std::pair("failed", account.failed)}) {
      Add(sessions, {{"account", name}, {"state", state}}, static_cast<double>(count));
    }
    Add(memory, {{"account", name}}, static_cast<double>(account.memory_bytes));
    Add(streams, {{"account", name}}, static_cast<double>(account.streams));
  }
  all.Put(std::move(sessions));
  all.Put(std::move(memory));
  all.Put(std::move(streams));
  Add(all.Gauge("spiked_memory_taken_bytes", "Memory that sessions, requests and answers take"), {},
      static_cast<double>(now.memory_bytes));
  Add(all.Gauge("spiked_memory_limit_bytes", "Memory that they may take"), {},
      static_cast<double>(now.max_memory_bytes));
}

uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

int64_t OpenFiles() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return 0;
  // One of them is the folder itself.
  return std::distance(begin(files), end(files)) - 1;
}

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// By the names that all programs have them.
void AddProcess(const session::Instance& instance, Collection& all) {
  Add(all.Counter("process_cpu_seconds_total", "Time of processors"), {}, ProcessorSeconds());
  Add(all.Gauge("process_resident_memory_bytes", "Memory of the process"), {},
      static_cast<double>(ResidentBytes()));
  Add(all.Gauge("process_open_fds", "Open files and connections"), {},
      static_cast<double>(OpenFiles()));
  Add(all.Gauge("process_start_time_seconds", "When it was started, since 1970"), {},
      std::chrono::duration<double>(instance.start_time.time_since_epoch()).count());
}

}  // namespace

std::vector<MetricFamily> MetricsOf(const session::Registry& registry) {
  Collection all;
  Add(all.Gauge("spiked_build_info", "Always 1; its labels tell of the program"),
      {{"version", SPIKED_VERSION},
       {"commit", std::string(session::kCommit)},
       {"instruction_set", std::string(engine::InstructionSet())}},
      1);
  const Observation now = registry.Observe();
  AddCommands(registry.counters(), all);
  AddAccounts(now, all);
  Add(all.Gauge("spiked_watches", "Watches of sessions that are open"), {},
      static_cast<double>(now.watches));
  Add(all.Gauge("spiked_workers", "Cores that sessions may hold"), {}, now.workers);
  Add(all.Gauge("spiked_turns_held", "Cores that sessions hold"), {}, now.held);
  Add(all.Gauge("spiked_turns_waiting", "Sessions that wait for a core"), {},
      static_cast<double>(now.waiting));
  Add(all.Histogram("spiked_slice_duration_seconds", "How long a core is held at a time"), {},
      registry.slices());
  AddProcess(registry.instance(), all);
  return all.Take();
}

std::string MetricsText(const session::Registry& registry) {
  return prometheus::TextSerializer().Serialize(MetricsOf(registry));
}

}  // namespace spiked::web
