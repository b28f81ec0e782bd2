#include "server/session/registry.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/engine/instruction_set.h"
#include "server/engine/number.h"
#include "server/session/address.h"
#include "server/session/error.h"
#include "server/session/page_token.h"
#include "server/session/random.h"
#include "spdlog/spdlog.h"

namespace spiked::session {
namespace {

constexpr double kDefaultResolutionMs = 0.1, kMinResolutionMs = 0.001, kMaxResolutionMs = 10;
constexpr size_t kMaxTextBytes = 256;
constexpr int kMaxLabels = 64;
// Drawn seeds stay below 2^53.
constexpr int kUndrawnSeedBits = 11;
constexpr uint32_t kDefaultPageSize = 100, kMaxPageSize = 1000;
constexpr absl::string_view kListing = "sessions";
// A session without networks; its labels come on top.
constexpr uint64_t kSessionBytes = 8192;

absl::Status NoSuchSession(absl::string_view name) {
  return engine::NotFound("session", absl::StrCat("there is no session '", name, "'"));
}

absl::Status ShuttingDown() {
  return engine::ReasonError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                             "the server is shutting down");
}

absl::Status CheckText(absl::string_view text, absl::string_view field) {
  if (text.size() <= kMaxTextBytes) return absl::OkStatus();
  return engine::InvalidField(
      field, absl::StrCat("must be at most ", kMaxTextBytes, " bytes, not ", text.size()));
}

}  // namespace

Registry::Registry(const Limits& limits, int workers)
    : instance_{.id = RandomId(), .start_time = std::chrono::system_clock::now()},
      shared_{.limits = limits,
              .memory = MemoryBudget(limits.max_memory_bytes),
              .cores = Cores(workers)} {}

absl::Status Registry::Create(const v1::CreateSessionRequest& request, const Caller& /*caller*/,
                              v1::CreateSessionResponse* response) {
  auto options = OptionsOf(request);
  if (!options.ok()) return options.status();
  MemoryCharge memory(&shared_.memory);
  absl::Status charged = memory.Resize(kSessionBytes + 2 * request.ByteSizeLong());
  if (!charged.ok()) return charged;
  const std::string id = options->id;
  auto session = std::make_shared<Session>(*std::move(options), std::move(memory), &shared_);
  {
    std::lock_guard lock(mutex_);
    if (closed_) return ShuttingDown();
    if (sessions_.contains(id)) {
      return engine::FieldError(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "session_id",
                                absl::StrCat("there is a session '", SessionName(id), "' already"));
    }
    if (sessions_.size() >= shared_.limits.max_sessions) {
      return QuotaError("sessions", absl::StrCat("the server has ", sessions_.size(),
                                                 " sessions, as many as it allows"));
    }
    sessions_.emplace(id, session);
  }
  session->Describe(response->mutable_session());
  spdlog::info("created {}", response->session().name());
  return absl::OkStatus();
}

absl::StatusOr<SessionOptions> Registry::OptionsOf(const v1::CreateSessionRequest& request) {
  if (!request.session_id().empty() && !IsSessionId(request.session_id())) {
    return engine::InvalidField(
        "session_id", "must be a letter or digit and up to 62 letters, digits, '_', '-' or '.'");
  }
  absl::Status status = CheckText(request.display_name(), "display_name");
  if (!status.ok()) return status;
  if (request.labels_size() > kMaxLabels) {
    return engine::InvalidField(
        "labels", absl::StrCat("must be at most ", kMaxLabels, ", not ", request.labels_size()));
  }
  for (const auto& [key, value] : request.labels()) {
    const std::string field = absl::StrCat("labels[", key, "]");
    status = CheckText(key, field);
    if (status.ok()) status = CheckText(value, field);
    if (!status.ok()) return status;
  }
  const double resolution_ms =
      request.resolution_ms() == 0 ? kDefaultResolutionMs : request.resolution_ms();
  // Written so that NaN is refused, too.
  if (!(resolution_ms >= kMinResolutionMs && resolution_ms <= kMaxResolutionMs)) {
    return engine::InvalidField(
        "resolution_ms", absl::StrCat("must be from ", kMinResolutionMs, " to ", kMaxResolutionMs,
                                      " ms, not ", engine::ToText(resolution_ms)));
  }
  return SessionOptions{
      .id = request.session_id().empty() ? RandomId() : request.session_id(),
      .identity = RandomId(),
      .display_name = request.display_name(),
      .labels = {request.labels().begin(), request.labels().end()},
      .resolution_ms = resolution_ms,
      .seed = request.has_seed() ? request.seed() : RandomUint64() >> kUndrawnSeedBits,
  };
}

absl::StatusOr<std::shared_ptr<Session>> Registry::Find(absl::string_view name) const {
  const auto id = SessionIdOf(name);
  if (!id.ok()) return id.status();
  std::lock_guard lock(mutex_);
  if (closed_) return ShuttingDown();
  const auto session = sessions_.find(*id);
  if (session == sessions_.end()) return NoSuchSession(name);
  return session->second;
}

absl::Status Registry::Get(const v1::GetSessionRequest& request, const Caller& /*caller*/,
                           v1::GetSessionResponse* response) {
  const auto session = Find(request.session());
  if (!session.ok()) return session.status();
  (*session)->Describe(response->mutable_session());
  return absl::OkStatus();
}

absl::Status Registry::Halt(const v1::HaltSessionRequest& request, const Caller& /*caller*/,
                            v1::HaltSessionResponse* response) {
  const auto session = Find(request.session());
  if (!session.ok()) return session.status();
  response->set_stepping((*session)->Halt());
  return absl::OkStatus();
}

absl::Status Registry::Info(const v1::GetServerInfoRequest& /*request*/, const Caller& /*caller*/,
                            v1::GetServerInfoResponse* response) {
  response->set_version(SPIKED_VERSION);
  response->set_instance_id(instance_.id);
  response->mutable_start_time()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(instance_.start_time.time_since_epoch())
          .count());
  response->set_instruction_set(engine::InstructionSet());
  v1::ServerLimits& limits = *response->mutable_limits();
  limits.set_max_sessions(shared_.limits.max_sessions);
  limits.set_max_neurons(shared_.limits.max_neurons);
  limits.set_max_synapses(shared_.limits.max_synapses);
  limits.set_max_memory_bytes(shared_.limits.max_memory_bytes);
  limits.set_max_step_ms(shared_.limits.max_step_ms);
  limits.set_max_request_bytes(kMaxRequestBytes);
  limits.set_max_waiting_commands(shared_.limits.max_waiting_commands);
  return absl::OkStatus();
}

absl::Status Registry::List(const v1::ListSessionsRequest& request, const Caller& /*caller*/,
                            v1::ListSessionsResponse* response) {
  if (request.page_size() > kMaxPageSize) {
    return engine::InvalidField(
        "page_size", absl::StrCat("must be at most ", kMaxPageSize, ", not ", request.page_size()));
  }
  const size_t page_size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  std::string after;
  if (!request.page_token().empty()) {
    auto place = PlaceOf(kListing, request.page_token());
    if (!place.ok()) return place.status();
    after = *std::move(place);
  }
  // Described outside of the lock, which every command needs.
  std::vector<std::pair<std::string, std::shared_ptr<Session>>> page;
  bool more = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return ShuttingDown();
    auto next = sessions_.upper_bound(after);
    for (; next != sessions_.end() && page.size() < page_size; ++next) page.push_back(*next);
    more = next != sessions_.end();
  }
  uint64_t bytes = 0;
  for (size_t k = 0; k < page.size(); ++k) {
    v1::Session* message = response->add_sessions();
    page[k].second->Describe(message);
    bytes += message->ByteSizeLong();
    const bool full = bytes > kMaxReplyBytes / 2;
    if ((full && k + 1 < page.size()) || (more && k + 1 == page.size())) {
      response->set_next_page_token(MakePageToken(kListing, page[k].first));
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status Registry::Delete(const v1::DeleteSessionRequest& request, const Caller& /*caller*/,
                              v1::DeleteSessionResponse* /*response*/) {
  const auto id = SessionIdOf(request.session());
  if (!id.ok()) return id.status();
  std::shared_ptr<Session> session;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return ShuttingDown();
    const auto found = sessions_.find(*id);
    if (found == sessions_.end()) return NoSuchSession(request.session());
    session = std::move(found->second);
    sessions_.erase(found);
  }
  session->Close(v1::HALT_REASON_DELETED, NoSuchSession(request.session()));
  spdlog::info("deleted {}", request.session());
  return absl::OkStatus();
}

void Registry::Close() {
  std::vector<std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
  }
  for (const auto& session : sessions) {
    session->Close(v1::HALT_REASON_SHUTTING_DOWN, ShuttingDown());
  }
}

}  // namespace spiked::session
