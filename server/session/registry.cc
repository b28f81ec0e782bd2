#include "server/session/registry.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/engine/instruction_set.h"
#include "server/engine/number.h"
#include "server/log/log.h"
#include "server/session/address.h"
#include "server/session/build_info.h"
#include "server/session/error.h"
#include "server/session/page_token.h"
#include "server/session/random.h"
#include "server/session/saved.h"
#include "server/session/timestamp.h"
#include "server/storage/record.h"
#include "spdlog/spdlog.h"

namespace spiked::session {
namespace {

constexpr double kDefaultResolutionMs = 0.1, kMinResolutionMs = 0.001, kMaxResolutionMs = 10;
constexpr size_t kMaxTextBytes = 256;
// How often it is looked for sessions that have expired, how long they are remembered, and
// how many at most.
constexpr std::chrono::seconds kWatchInterval{1};
constexpr std::chrono::hours kMemoryOfGone{24};
constexpr size_t kMostGone = 100'000;
constexpr int kMaxLabels = 64, kMaxShares = 100;
// Drawn seeds stay below 2^53.
constexpr int kUndrawnSeedBits = 11;
constexpr uint32_t kDefaultPageSize = 100, kMaxPageSize = 1000;
constexpr absl::string_view kListing = "sessions";
// A session without networks; its labels come on top.
constexpr uint64_t kSessionBytes = 8192;

absl::Status NoSuchSession(absl::string_view name) {
  return engine::NotFound("session", absl::StrCat("there is no session '", name, "'"));
}

absl::Status Expired(absl::string_view name) {
  return engine::FieldError(
      absl::StatusCode::kNotFound, "SESSION_EXPIRED", "session",
      absl::StrCat("the session '", name, "' has expired, as nobody used it any more"));
}

absl::Status PermissionDenied(absl::string_view message) {
  return engine::ReasonError(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED", message);
}

// The tighter one; 0 is none.
uint64_t Tighter(uint64_t limit, std::optional<uint64_t> quota) {
  if (quota.value_or(0) == 0) return limit;
  return limit == 0 ? *quota : std::min(limit, *quota);
}

// What a session may take whose owner has these quotas.
Limits Within(Limits limits, const access::Quotas& quotas) {
  limits.max_neurons = Tighter(limits.max_neurons, quotas.neurons);
  limits.max_synapses = Tighter(limits.max_synapses, quotas.synapses);
  limits.max_recorded_spikes = Tighter(limits.max_recorded_spikes, quotas.recorded_spikes);
  if (quotas.step_ms) {
    limits.max_step_ms = std::min(limits.max_step_ms, static_cast<double>(*quotas.step_ms));
  }
  return limits;
}

// How long the session is to stay unused.
absl::StatusOr<std::chrono::nanoseconds> TtlOf(const v1::CreateSessionRequest& request,
                                               const Limits& limits) {
  if (!request.has_ttl()) return limits.default_ttl;
  constexpr int64_t kMostSeconds = 1'000'000'000;
  const int64_t most = limits.max_ttl.count() == 0 ? kMostSeconds : limits.max_ttl.count();
  const auto& ttl = request.ttl();
  const bool good = ttl.nanos() >= 0 && ttl.nanos() < 1'000'000'000 && ttl.seconds() >= 1 &&
                    (ttl.seconds() < most || (ttl.seconds() == most && ttl.nanos() == 0));
  if (good) return std::chrono::seconds(ttl.seconds()) + std::chrono::nanoseconds(ttl.nanos());
  return engine::InvalidField("ttl", absl::StrCat("must be from 1 to ", most, " s"));
}

// What its commands are to survive, on a server that keeps sessions or does not.
absl::StatusOr<v1::Durability> DurabilityOf(const v1::CreateSessionRequest& request, bool keeps) {
  if (!v1::Durability_IsValid(request.durability())) {
    return engine::InvalidField("durability", "must be none, process or power");
  }
  if (request.durability() == v1::DURABILITY_UNSPECIFIED) {
    return keeps ? v1::DURABILITY_PROCESS : v1::DURABILITY_NONE;
  }
  if (keeps || request.durability() == v1::DURABILITY_NONE) return request.durability();
  return engine::FieldError(absl::StatusCode::kFailedPrecondition, "NO_STORAGE", "durability",
                            "the server has no place to keep sessions; it was started without "
                            "--data-dir");
}

// Of so many where `most` are allowed and the account may have `quota`.
absl::Status CheckCount(absl::string_view field, absl::string_view unit, size_t count, size_t most,
                        absl::string_view name, std::optional<uint64_t> quota) {
  if (count > most) {
    return engine::InvalidField(field,
                                absl::StrCat("must be at most ", most, unit, ", not ", count));
  }
  if (!quota || count <= *quota) return absl::OkStatus();
  return QuotaError(
      name, absl::StrCat(field, ": the account may have at most ", *quota, unit, ", not ", count));
}

// Whether the owner has room for a session that begins with so many bytes.
absl::Status CheckStored(const SessionOptions& options, uint64_t bytes) {
  if (options.durability == v1::DURABILITY_NONE) return absl::OkStatus();
  return options.account->stored.Check(bytes);
}

// Whether the owner may have a session that begins with so much.
absl::Status CheckSize(const SessionOptions& options, const v1::NetworkSize& size) {
  struct Count {
    const char* name;
    uint64_t limit, count;
  };
  for (const Count& one : {Count{"neurons", options.limits.max_neurons, size.neurons()},
                           Count{"synapses", options.limits.max_synapses, size.synapses()}}) {
    if (one.limit == 0 || one.count <= one.limit) continue;
    return QuotaError(one.name, absl::StrCat("what was saved has ", one.count, " ", one.name,
                                             ", and a session may have ", one.limit));
  }
  return absl::OkStatus();
}

// What stands for a header that cannot be read: nobody's, with the reason in its display name.
StoredHeader Unreadable(const absl::Status& why) {
  StoredHeader header;
  header.session.set_display_name(absl::StrCat("unreadable: ", why.message()));
  header.session.set_resolution_ms(kDefaultResolutionMs);
  header.session.set_durability(v1::DURABILITY_PROCESS);
  return header;
}

absl::Status CheckText(absl::string_view text, absl::string_view field,
                       const access::Quotas& quotas) {
  return CheckCount(field, " bytes", text.size(), kMaxTextBytes, "text_bytes", quotas.text_bytes);
}

}  // namespace

Registry::Registry(const Limits& limits, int workers, access::Gate* gate, storage::Storage* storage)
    : gate_(gate),
      storage_(storage),
      instance_{.id = RandomId(), .start_time = std::chrono::system_clock::now()},
      max_request_bytes_(limits.max_request_bytes()),
      shared_{.limits = CurrentLimits(limits),
              .memory = MemoryBudget(limits.max_memory_bytes),
              .cores = Cores(workers)},
      watcher_([this] { Watch(); }) {
  Measure();
}

Registry::~Registry() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  closing_.notify_all();
  watcher_.join();
  shared_.openings.Finish();
  shared_.background.Stop();
  // A thread may hold the last of a session, whose memory its account has counted.
  shared_.alarms.Stop();
  shared_.cores.Stop();
}

void Registry::SetLimits(const Limits& limits) {
  shared_.limits.Set(limits);
  shared_.memory.SetLimit(limits.max_memory_bytes);
}

void Registry::Watch() {
  std::unique_lock lock(mutex_);
  while (!closing_.wait_for(lock, kWatchInterval, [this] { return closed_; })) {
    lock.unlock();
    Measure();
    DeleteExpired(Clock::now());
    LetIdleRest(Clock::now());
    lock.lock();
  }
}

void Registry::Measure() {
  if (storage_ != nullptr) shared_.stored.SetCapacity(storage_->Capacity());
}

void Registry::DeleteExpired(Clock::time_point now) {
  std::vector<std::shared_ptr<Session>> expired;
  bool forgets = false;
  {
    std::lock_guard lock(mutex_);
    for (auto next = sessions_.begin(); next != sessions_.end();) {
      const auto session = next->second;
      if (!session->Expired(now)) {
        ++next;
        continue;
      }
      next = sessions_.erase(next);
      Bury(*session, true);
      expired.push_back(session);
    }
    while (!burials_.empty()) {
      const auto oldest = gone_.find(burials_.front());
      if (now - oldest->second.when < kMemoryOfGone && gone_.size() <= kMostGone) break;
      gone_.erase(oldest);
      burials_.pop_front();
      forgets = true;
    }
  }
  if (forgets && storage_ != nullptr) {
    storage_->Forget(NowMs() - kMemoryOfGone / std::chrono::milliseconds(1), kMostGone)
        .IgnoreError();
  }
  for (const auto& session : expired) {
    session->Close(v1::HALT_REASON_DELETED, Expired(session->name()));
    spdlog::info("{}", LogLine("expired",
                               {{"session", session->name()}, {"account", session->owner_name()}}));
  }
  EraseExpired(std::move(expired));
}

void Registry::EraseExpired(std::vector<std::shared_ptr<Session>> expired) {
  std::vector<std::shared_ptr<Session>> before;
  {
    std::lock_guard lock(mutex_);
    before.swap(unerased_);
  }
  std::vector<std::shared_ptr<Session>> left;
  const auto erase = [&](std::shared_ptr<Session>& session, bool first) {
    storage::Epitaph epitaph;
    epitaph.set_owner(session->owner_name());
    epitaph.set_expired(true);
    const absl::Status status = Erase(*session, epitaph);
    if (status.ok()) return;
    if (first) {
      spdlog::warn("{} has expired, and what is stored of it cannot be removed yet: {}",
                   session->name(), std::string(status.message()));
    }
    left.push_back(std::move(session));
  };
  for (auto& session : before) erase(session, /*first=*/false);
  for (auto& session : expired) erase(session, /*first=*/true);
  std::lock_guard lock(mutex_);
  unerased_.insert(unerased_.end(), left.begin(), left.end());
}

void Registry::LetIdleRest(Clock::time_point now) {
  if (storage_ == nullptr) return;
  std::vector<std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
  }
  for (const auto& session : sessions) session->Rest(now);
}

void Registry::Bury(const Session& session, bool expired) {
  --session.owner()->sessions;
  Bury(std::string(*SessionIdOf(session.name())),
       {.owner = session.owner_name(), .expired = expired, .when = Clock::now()});
}

void Registry::Bury(std::string id, Gone gone) {
  // Whoever opens and deletes sessions of one name again and again fills nothing up.
  const bool first = gone_.insert_or_assign(id, std::move(gone)).second;
  if (first) burials_.push_back(std::move(id));
}

absl::Status Registry::Erase(Session& session, const storage::Epitaph& epitaph) {
  const std::string id(*SessionIdOf(session.name()));
  const storage::GoneSession gone{
      .id = id,
      .time_ms = NowMs(),
      .epitaph = storage::Encode(epitaph, storage::PlaceOf(id, 0)),
  };
  if (session.stored()) return session.Erase(gone);
  if (storage_ != nullptr) storage_->Remember(gone).IgnoreError();
  return absl::OkStatus();
}

Account* Registry::AccountOf(const access::Account& who) {
  Cores::Account* const turns = shared_.cores.FindAccount(who.name);
  shared_.cores.SetWeight(turns, who.weight);
  const access::Quotas quotas = QuotasOf(who);
  std::lock_guard lock(mutex_);
  Account& account =
      accounts_.try_emplace(who.name, turns, &shared_.memory, &shared_.stored, limits())
          .first->second;
  constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
  account.memory.SetLimit(quotas.memory_bytes.value_or(kNoLimit));
  const bool shares = has_accounts();
  account.memory.SetLeavesToOthers(shares && !quotas.memory_bytes);
  account.max_commands.store(quotas.commands.value_or(kNoLimit), std::memory_order_relaxed);
  account.stored.SetLimit(quotas.stored_bytes.value_or(kNoLimit));
  account.stored.SetLeavesToOthers(shares && !quotas.stored_bytes);
  return &account;
}

absl::Status Registry::CarryOut(const Command& command, const google::protobuf::Message& request,
                                const Caller& caller, google::protobuf::Message* reply) {
  const auto id = RequestId::Of(command, request);
  if (!id.ok()) return id.status();
  return Once(*id, caller, reply, [&](const Caller& once) -> absl::Status {
    const auto session = Admit(command, request, once);
    if (!session.ok()) return session.status();
    return command.at_once(*this, *session, request, once, reply);
  });
}

void Registry::Later(std::function<void()> go_on) {
  ++shared_.opening;
  shared_.openings.Do([this, go_on = std::move(go_on)] {
    go_on();
    --shared_.opening;
  });
}

absl::Status Registry::GoOn(const Command& command, const google::protobuf::Message& request,
                            const Caller& caller, ChargedBytes saved,
                            google::protobuf::Message* reply) {
  auto id = RequestId::Of(command, request);
  if (!id.ok()) return id.status();
  if (command.data_field != nullptr) id->hash ^= storage::HashOf(saved.bytes());
  return Once(*id, caller, reply, [&](const Caller& once) {
    return command.with_saved(*this, request, once, std::move(saved), reply);
  });
}

absl::Status Registry::Once(const RequestId& id, const Caller& caller,
                            google::protobuf::Message* reply,
                            absl::FunctionRef<absl::Status(const Caller&)> carry_out) {
  if (id.id.empty()) return carry_out(caller);
  // The same request may be sent again while it is carried out.
  std::lock_guard lock(caller.account->once);
  Answers& answers = caller.account->answers;
  const auto answered = answers.Find(id, NowMs(), reply);
  if (!answered.ok() || *answered) return answered.status();
  Caller once = caller;
  once.request_id = id;
  const absl::Status status = carry_out(once);
  if (status.ok()) answers.Add(id, NowMs(), *reply);
  return status;
}

absl::Status Registry::Create(const v1::CreateSessionRequest& request, const Caller& caller,
                              v1::CreateSessionResponse* response) {
  auto options = OptionsOf(request, caller);
  if (!options.ok()) return options.status();
  if (absl::Status room = CheckStored(*options, 0); !room.ok()) return room;
  MemoryCharge memory(&caller.account->memory);
  absl::Status charged = memory.Resize(kSessionBytes + 2 * request.ByteSizeLong());
  if (!charged.ok()) return charged;
  return Add(
      *std::move(options), std::move(memory), caller,
      [](Session& session) { return session.Open(); }, response->mutable_session());
}

template <typename Request>
absl::Status Registry::CreateFrom(const Request& request, ChargedBytes saved, const Caller& caller,
                                  v1::Session* session) {
  const auto read = ReadSaved(saved.bytes());
  if (!read.ok()) return read.status();
  const v1::Session& was = read->about.session();
  v1::CreateSessionRequest create;
  create.set_session_id(request.session_id());
  create.set_display_name(request.display_name().empty() ? was.display_name()
                                                         : request.display_name());
  *create.mutable_labels() = request.labels().empty() ? was.labels() : request.labels();
  create.set_resolution_ms(was.resolution_ms());
  create.set_seed(was.seed());
  if (request.has_ttl()) *create.mutable_ttl() = request.ttl();
  create.set_durability(request.durability());
  auto options = OptionsOf(create, caller);
  if (!options.ok()) return options.status();
  if (absl::Status room = CheckStored(*options, saved.bytes().size()); !room.ok()) return room;
  if (absl::Status size = CheckSize(*options, was.size()); !size.ok()) return size;
  MemoryCharge memory(&caller.account->memory);
  absl::Status charged = memory.Resize(kSessionBytes + 2 * was.ByteSizeLong());
  if (!charged.ok()) return charged;
  return Add(
      *std::move(options), std::move(memory), caller,
      [&](Session& copy) { return copy.Open(was, std::move(saved)); }, session);
}
template absl::Status Registry::CreateFrom(const v1::RestoreSessionRequest& request,
                                           ChargedBytes saved, const Caller& caller,
                                           v1::Session* session);
template absl::Status Registry::CreateFrom(const v1::ForkSessionRequest& request,
                                           ChargedBytes saved, const Caller& caller,
                                           v1::Session* session);

absl::Status Registry::Add(SessionOptions options, MemoryCharge memory, const Caller& caller,
                           absl::FunctionRef<absl::Status(Session&)> open,
                           v1::Session* description) {
  const std::string id = options.id;
  auto journal = NewJournal(options);
  auto session = std::make_shared<Session>(std::move(options), std::move(memory), &shared_,
                                           std::move(journal));
  const uint64_t most = limits().max_sessions;
  {
    std::lock_guard lock(mutex_);
    if (closed_ || shared_.draining) return ShuttingDown();
    if (sessions_.contains(id)) {
      return engine::FieldError(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "session_id",
                                absl::StrCat("there is a session '", SessionName(id), "' already"));
    }
    if (sessions_.size() >= most) {
      return QuotaError("sessions", absl::StrCat("the server has ", sessions_.size(),
                                                 " sessions, as many as it allows"));
    }
    const uint64_t own = caller.account->sessions;
    const auto quota = QuotasOf(*caller.who).sessions;
    if (own >= quota.value_or(has_accounts() ? most - sessions_.size() : most)) {
      return QuotaError(
          "sessions",
          absl::StrCat("the account has ", own, " sessions, ",
                       quota ? "as many as it may have"
                             : "and without a quota of its own it leaves as many to others"));
    }
    sessions_.emplace(id, session);
    ++caller.account->sessions;
  }
  absl::Status status;
  try {
    status = open(*session);
  } catch (...) {
    status = StatusOfException(caller.account->memory);
  }
  if (!status.ok()) {
    const absl::Cleanup gone = [&] {
      std::lock_guard lock(mutex_);
      --caller.account->sessions;
      sessions_.erase(id);
    };
    session->Discard();
    return status;
  }
  session->Describe(description);
  spdlog::info(
      "{}", LogLine("created", {{"session", description->name()}, {"account", caller.who->name}}));
  return absl::OkStatus();
}

absl::StatusOr<SessionOptions> Registry::OptionsOf(const v1::CreateSessionRequest& request,
                                                   const Caller& caller) {
  if (!request.session_id().empty() && !IsSessionId(request.session_id())) {
    return engine::InvalidField(
        "session_id", "must be a letter or digit and up to 62 letters, digits, '_', '-' or '.'");
  }
  const access::Quotas quotas = QuotasOf(*caller.who);
  absl::Status status = CheckText(request.display_name(), "display_name", quotas);
  if (!status.ok()) return status;
  status = CheckCount("labels", "", static_cast<size_t>(request.labels_size()), kMaxLabels,
                      "labels", quotas.labels);
  if (!status.ok()) return status;
  for (const auto& [key, value] : request.labels()) {
    const std::string field = absl::StrCat("labels[", key, "]");
    status = CheckText(key, field, quotas);
    if (status.ok()) status = CheckText(value, field, quotas);
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
  const auto durability = DurabilityOf(request, storage_ != nullptr);
  if (!durability.ok()) return durability.status();
  auto ttl = TtlOf(request, limits());
  if (!ttl.ok()) return ttl.status();
  return SessionOptions{
      .id = request.session_id().empty() ? RandomId() : request.session_id(),
      .identity = RandomId(),
      .owner = caller.who->name,
      .account = caller.account,
      .display_name = request.display_name(),
      .labels = {request.labels().begin(), request.labels().end()},
      .limits = Within(limits(), quotas),
      .ttl = *ttl,
      .resolution_ms = resolution_ms,
      .seed = request.has_seed() ? request.seed() : RandomUint64() >> kUndrawnSeedBits,
      .durability = *durability,
      .created_by = caller.request_id,
  };
}

std::unique_ptr<Journal> Registry::NewJournal(const SessionOptions& options,
                                              uint64_t stored_bytes) const {
  if (options.durability == v1::DURABILITY_NONE) return nullptr;
  return std::make_unique<Journal>(storage_, instance_.id, options.id, options.identity,
                                   options.created_by, options.account, stored_bytes);
}

absl::Status Registry::Restore() {
  if (storage_ == nullptr) return absl::OkStatus();
  constexpr size_t kAtATime = 1000;
  std::string after;
  size_t count = 0;
  for (;;) {
    const auto page = storage_->List(after, kAtATime);
    if (!page.ok()) return page.status();
    if (page->empty()) break;
    for (const storage::StoredSession& stored : *page) Restore(stored);
    count += page->size();
    after = page->back().id;
  }
  if (absl::Status gone = RestoreGone(); !gone.ok()) {
    spdlog::error("it is not known which sessions have expired: {}", std::string(gone.message()));
  }
  spdlog::info("sessions from before: {}", count);
  return absl::OkStatus();
}

access::Account Registry::FindAccount(const std::string& name) const {
  return gate_ == nullptr ? access::Account{.name = name} : gate_->AccountOf(name);
}

absl::Status Registry::RestoreGone() {
  const auto all = storage_->Remembered();
  if (!all.ok()) return all.status();
  for (const storage::GoneSession& one : *all) {
    storage::Epitaph epitaph;
    if (!storage::Decode(one.epitaph, storage::PlaceOf(one.id, 0), &epitaph).ok()) continue;
    if (!epitaph.request_id().empty()) {
      Account* const account = AccountOf(FindAccount(epitaph.deleted_by()));
      std::lock_guard lock(account->once);
      account->answers.Add({.id = epitaph.request_id(), .hash = epitaph.request_hash()},
                           one.time_ms, v1::DeleteSessionResponse());
    }
    const std::chrono::milliseconds ago(std::max<int64_t>(NowMs() - one.time_ms, 0));
    std::lock_guard lock(mutex_);
    Bury(one.id,
         {.owner = epitaph.owner(), .expired = epitaph.expired(), .when = Clock::now() - ago});
  }
  return absl::OkStatus();
}

void Registry::Restore(const storage::StoredSession& stored) {
  auto header = Journal::Read(storage_, stored.id, stored.header);
  const absl::Status unreadable = header.status();
  if (!unreadable.ok()) {
    spdlog::error("{} is left to the admins, as it cannot be read what it is: {}",
                  SessionName(stored.id), std::string(unreadable.message()));
    header = Unreadable(unreadable);
  }
  const v1::Session& was = header->session;
  const access::Account owner = FindAccount(was.owner());
  Account* const account = AccountOf(owner);
  SessionOptions options{
      .id = stored.id,
      .identity = header->identity,
      .owner = was.owner(),
      .account = account,
      .display_name = was.display_name(),
      .labels = {was.labels().begin(), was.labels().end()},
      .limits = Within(limits(), QuotasOf(owner)),
      .ttl =
          std::chrono::seconds(was.ttl().seconds()) + std::chrono::nanoseconds(was.ttl().nanos()),
      .resolution_ms = was.resolution_ms(),
      .seed = was.seed(),
      .durability = was.durability(),
      .created_by = header->created_by,
      .create_time = ToTime(was.create_time()),
  };
  // It is there whatever there may be now: how else should anybody delete it?
  MemoryCharge memory(&account->memory);
  memory.AddRegardless(kSessionBytes + 2 * was.ByteSizeLong());
  auto journal = NewJournal(options, stored.bytes);
  auto session = std::make_shared<Session>(std::move(options), std::move(memory), &shared_,
                                           std::move(journal));
  if (unreadable.ok()) {
    session->Open(was);
  } else {
    session->OpenUnreadable();
  }
  {
    // Replies of whatever creates sessions are alike.
    v1::CreateSessionResponse reply;
    session->Describe(reply.mutable_session());
    std::lock_guard lock(account->once);
    account->answers.Add(header->created_by, ToUnixMs(was.create_time()), reply);
  }
  std::lock_guard lock(mutex_);
  sessions_.emplace(stored.id, std::move(session));
  ++account->sessions;
}

absl::StatusOr<std::shared_ptr<Session>> Registry::Find(absl::string_view name) const {
  const auto id = SessionIdOf(name);
  if (!id.ok()) return id.status();
  std::lock_guard lock(mutex_);
  if (closed_) return ShuttingDown();
  const auto session = sessions_.find(*id);
  if (session == sessions_.end()) {
    const auto gone = gone_.find(*id);
    return gone != gone_.end() && gone->second.expired ? Expired(name) : NoSuchSession(name);
  }
  return session->second;
}

absl::StatusOr<std::shared_ptr<Session>> Registry::Admit(const Command& command,
                                                         const google::protobuf::Message& request,
                                                         const Caller& caller) const {
  if (caller.who->role < command.role) {
    return PermissionDenied(absl::StrCat("this takes the role ", access::RoleName(command.role),
                                         ", and you are ", access::RoleName(caller.who->role)));
  }
  if (command.session_field == nullptr) return nullptr;
  const std::string& name =
      request.GetReflection()->GetStringReference(request, command.session_field, nullptr);
  auto session = Find(name);
  if (absl::IsNotFound(session.status()) && caller.who->role == Role::kUser &&
      !WasOwn(name, *caller.who)) {
    return NotTheirs(name);
  }
  if (!session.ok()) return session.status();
  if (absl::Status status = Allow(command, **session, caller); !status.ok()) return status;
  return session;
}

bool Registry::WasOwn(absl::string_view name, const access::Account& who) const {
  const auto id = SessionIdOf(name);
  std::lock_guard lock(mutex_);
  const auto gone = id.ok() ? gone_.find(*id) : gone_.end();
  return gone != gone_.end() && gone->second.owner == who.name;
}

absl::Status Registry::Allow(const Command& command, const Session& session, const Caller& caller) {
  const Right right = caller.who->role < command.role ? Right::kNone : session.RightOf(*caller.who);
  if (right >= command.right) return absl::OkStatus();
  if (right == Right::kNone) return NotTheirs(session.name());
  return PermissionDenied(absl::StrCat("you may only ", right == Right::kWatch ? "watch" : "drive",
                                       " the session '", session.name(), "'"));
}

absl::Status Registry::Get(const std::shared_ptr<Session>& session,
                           const v1::GetSessionRequest& /*request*/,
                           v1::GetSessionResponse* response) {
  session->Describe(response->mutable_session());
  session->DescribeUses(response->mutable_session());
  return absl::OkStatus();
}

absl::Status Registry::Halt(const std::shared_ptr<Session>& session,
                            const v1::HaltSessionRequest& /*request*/,
                            v1::HaltSessionResponse* response) {
  response->set_stepping(session->Halt());
  return absl::OkStatus();
}

absl::Status Registry::Share(const std::shared_ptr<Session>& session,
                             const v1::ShareSessionRequest& request,
                             v1::ShareSessionResponse* response) {
  if (request.shares_size() > kMaxShares) {
    return engine::InvalidField(
        "shares", absl::StrCat("must be at most ", kMaxShares, ", not ", request.shares_size()));
  }
  std::map<std::string, Right> shares;
  for (int k = 0; k < request.shares_size(); ++k) {
    const v1::Share& share = request.shares(k);
    const std::string field = absl::StrCat("shares[", k, "]");
    if (share.account() != kEverybody && !access::IsAccountName(share.account())) {
      return engine::InvalidField(field + ".account", "must be the name of an account, or '*'");
    }
    if (share.right() != v1::SHARE_RIGHT_WATCH && share.right() != v1::SHARE_RIGHT_DRIVE) {
      return engine::InvalidField(field + ".right", "must be watch or drive");
    }
    const Right right = share.right() == v1::SHARE_RIGHT_DRIVE ? Right::kDrive : Right::kWatch;
    if (!shares.emplace(share.account(), right).second) {
      return engine::InvalidField(field + ".account", "stands here twice");
    }
    // Whom it is shared with already may have lost their account.
    const bool known = gate_ == nullptr || share.account() == kEverybody ||
                       gate_->Knows(share.account()) || session->IsSharedWith(share.account());
    if (!known) {
      return engine::InvalidField(field + ".account",
                                  absl::StrCat("there is no account '", share.account(), "'"));
    }
  }
  if (absl::Status status = session->Share(std::move(shares)); !status.ok()) return status;
  session->Describe(response->mutable_session());
  return absl::OkStatus();
}

absl::Status Registry::Info(const v1::GetServerInfoRequest& /*request*/, const Caller& /*caller*/,
                            v1::GetServerInfoResponse* response) {
  response->set_version(SPIKED_VERSION);
  response->set_commit(std::string(kCommit));
  response->set_build_type(std::string(kBuildType));
  response->set_instance_id(instance_.id);
  response->mutable_start_time()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(instance_.start_time.time_since_epoch())
          .count());
  response->set_instruction_set(engine::InstructionSet());
  response->set_memory_bytes(shared_.memory.taken());
  const Limits limits = this->limits();
  v1::ServerLimits& message = *response->mutable_limits();
  message.set_max_sessions(limits.max_sessions);
  message.set_max_neurons(limits.max_neurons);
  message.set_max_synapses(limits.max_synapses);
  message.set_max_memory_bytes(limits.max_memory_bytes);
  message.set_max_step_ms(limits.max_step_ms);
  message.set_max_request_bytes(max_request_bytes_);
  if (const auto ttl = limits.default_ttl; ttl.count() != 0) {
    message.mutable_default_ttl()->set_seconds(ttl.count());
  }
  if (const auto ttl = limits.max_ttl; ttl.count() != 0) {
    message.mutable_max_ttl()->set_seconds(ttl.count());
  }
  message.set_max_waiting_commands(limits.max_waiting_commands);
  message.set_max_response_bytes(kMaxReplyBytes);
  return absl::OkStatus();
}

absl::Status Registry::List(const v1::ListSessionsRequest& request, const Caller& caller,
                            v1::ListSessionsResponse* response) {
  if (request.page_size() > kMaxPageSize) {
    return engine::InvalidField(
        "page_size", absl::StrCat("must be at most ", kMaxPageSize, ", not ", request.page_size()));
  }
  if (!v1::SessionState_IsValid(request.state())) {
    return engine::InvalidField("state", "must be idle, busy or failed");
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
    for (; next != sessions_.end() && !more; ++next) {
      if (next->second->RightOf(*caller.who) < Right::kWatch) continue;
      if (!next->second->Matches(request)) continue;
      if (page.size() < page_size) {
        page.push_back(*next);
      } else {
        more = true;
      }
    }
  }
  uint64_t bytes = 0;
  for (size_t k = 0; k < page.size(); ++k) {
    v1::Session* message = response->add_sessions();
    page[k].second->Describe(message);
    page[k].second->DescribeUses(message);
    bytes += message->ByteSizeLong();
    const bool full = bytes > kMaxReplyBytes / 2;
    if ((full && k + 1 < page.size()) || (more && k + 1 == page.size())) {
      response->set_next_page_token(MakePageToken(kListing, page[k].first));
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status Registry::Delete(const std::shared_ptr<Session>& session,
                              const v1::DeleteSessionRequest& request, const Caller& caller,
                              v1::DeleteSessionResponse* /*response*/) {
  const auto id = SessionIdOf(request.session());
  if (!id.ok()) return id.status();
  // First, as it may fail; what the session does meanwhile is not stored any more.
  storage::Epitaph epitaph;
  epitaph.set_owner(session->owner_name());
  epitaph.set_deleted_by(caller.who->name);
  epitaph.set_request_id(caller.request_id.id);
  epitaph.set_request_hash(caller.request_id.hash);
  if (absl::Status status = Erase(*session, epitaph); !status.ok()) return status;
  {
    std::lock_guard lock(mutex_);
    const auto found = sessions_.find(*id);
    // Others may have deleted it meanwhile, and opened another one.
    if (found == sessions_.end() || found->second != session) {
      return NoSuchSession(request.session());
    }
    sessions_.erase(found);
    Bury(*session, false);
  }
  session->Close(v1::HALT_REASON_DELETED, NoSuchSession(request.session()));
  spdlog::info("{}", LogLine("deleted",
                             {{"session", request.session()}, {"account", session->owner_name()}}));
  return absl::OkStatus();
}

void Registry::Drain() { shared_.draining = true; }

std::vector<std::shared_ptr<Session>> Registry::Sessions() const {
  std::vector<std::shared_ptr<Session>> sessions;
  std::lock_guard lock(mutex_);
  sessions.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) sessions.push_back(session);
  return sessions;
}

bool Registry::busy() const {
  if (shared_.opening > 0) return true;
  const auto sessions = Sessions();
  return std::ranges::any_of(sessions, [](const auto& session) { return session->busy(); });
}

Observation Registry::Observe() const {
  const Cores::Load load = shared_.cores.load();
  Observation now{.memory_bytes = shared_.memory.taken(),
                  .max_memory_bytes = shared_.memory.limit(),
                  .workers = load.workers,
                  .held = load.held,
                  .waiting = load.waiting};
  for (const auto& session : Sessions()) {
    now.watches += session->watches();
    auto& account = now.accounts[session->owner_name()];
    switch (session->state()) {
      case v1::SESSION_STATE_FAILED:
        ++account.failed;
        break;
      case v1::SESSION_STATE_BUSY:
        ++account.busy;
        break;
      default:
        ++account.idle;
    }
  }
  std::lock_guard lock(mutex_);
  for (const auto& [name, account] : accounts_) {
    now.accounts[name].memory_bytes = account.memory.taken();
    now.accounts[name].streams = account.streams;
  }
  return now;
}

void Registry::Close() {
  std::vector<std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    closing_.notify_all();
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
  }
  for (const auto& session : sessions) {
    session->Close(v1::HALT_REASON_SHUTTING_DOWN, ShuttingDown());
  }
}

}  // namespace spiked::session
