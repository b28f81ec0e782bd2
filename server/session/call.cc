#include "server/session/call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/engine/error.h"
#include "server/log/log.h"
#include "server/session/error.h"
#include "spdlog/spdlog.h"

namespace spiked::session {
namespace {

using google::protobuf::FieldDescriptor;

// What an open stream takes by itself, here and in the front.
constexpr uint64_t kStreamBytes = 16 << 10;

// The field of a stream's message that holds the command's own.
const FieldDescriptor* Element(const google::protobuf::Descriptor* type) { return type->field(0); }

}  // namespace

Call::Call(const Command& method, Registry* registry, const access::Gate* gate)
    : out_charge_(registry->memory()),
      method_(method),
      registry_(*registry),
      gate_(*gate),
      charge_(registry->memory()),
      exchange_(*method.method, registry->memory()) {}

Call::~Call() {
  if (session_ != nullptr && streams()) session_->LetGo(caller.who->name);
  if (counted_ != nullptr) counted_->streams.fetch_sub(1);
  if (connected_ != nullptr) connected_->connections.Leave(peer_);
}

absl::Status Call::Identify() {
  auto identity = Authenticate();
  if (!identity.ok()) return identity.status();
  identity_ = *std::move(identity);
  caller.who = identity_.account;
  caller.account = registry_.AccountOf(*identity_.account);
  return absl::OkStatus();
}

absl::Status Call::Admit() {
  MemoryBudget* const memory = &caller.account->memory;
  for (MemoryCharge* charge : {&charge_, &out_charge_}) charge->SetBudget(memory);
  exchange_.SetBudget(memory);
  const access::Quotas quotas = registry_.QuotasOf(*identity_.account);
  max_request_bytes_ = std::min(registry_.max_request_bytes(),
                                quotas.request_bytes.value_or(Limits::kMaxRequestBytes));
  if (quotas.connections) {
    peer_ = Peer();
    if (!caller.account->connections.Enter(peer_, *quotas.connections)) {
      return QuotaError("connections",
                        absl::StrCat("the account has calls from ", *quotas.connections,
                                     " connections, as many as it may have"));
    }
    connected_ = caller.account;
  }
  if (!stays_open()) return absl::OkStatus();
  counted_ = caller.account;
  const uint64_t open = counted_->streams.fetch_add(1);
  if (!quotas.streams || open < *quotas.streams) return charge_.Resize(kStreamBytes);
  return QuotaError("streams", absl::StrCat("the account has ", open,
                                            " open streams, and may have ", *quotas.streams));
}

void Call::Count(const absl::Status& status) {
  const auto took = Clock::now() - arrived_;
  registry_.counters().Count(*command, status, took);
  if (!spdlog::should_log(spdlog::level::debug)) return;
  const auto text = [this](const char* name) -> std::string {
    const FieldDescriptor* const field = request->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return "";
    return request->GetReflection()->GetString(*request, field);
  };
  spdlog::debug("{}",
                LogLine(command->method->name(),
                        {{"code", absl::StatusCodeToString(status.code())},
                         {"reason", engine::ReasonOf(status).value_or("")},
                         {"ms", absl::StrCat(absl::ToDoubleMilliseconds(absl::FromChrono(took)))},
                         // A stream names it once.
                         {"session", session_ != nullptr ? session_->name() : text("session")},
                         {"request_id", text("request_id")},
                         {"account", caller.who->name}}));
}

void Call::CountRefused(const absl::Status& status) {
  registry_.counters().CountRefused(method_, status);
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug("{}", LogLine(method_.method->name(),
                              {{"code", absl::StatusCodeToString(status.code())},
                               {"reason", engine::ReasonOf(status).value_or("")},
                               {"account", caller.who == nullptr ? "" : caller.who->name}}));
}

void Call::InTurn::Begin(std::function<void(Cores::Turn&)> work) {
  work_ = std::move(work);
  call_.registry_.cores().Submit(this);
}

bool Call::InTurn::Continue(Cores::Turn& turn) {
  std::exchange(work_, nullptr)(turn);  // which may be the end of the call
  return false;
}

absl::Status Call::Receive(uint64_t bytes) {
  request_bytes = bytes;
  if (bytes <= max_request_bytes_) return exchange_.Renew(bytes);
  return QuotaError("request_bytes", absl::StrCat("a request may have at most ", max_request_bytes_,
                                                  " bytes, and this one has ", bytes));
}

absl::Status Call::Parse(absl::FunctionRef<absl::Status(Message*)> read) {
  absl::Status status;
  const auto filled = exchange_.Fill([&](Message* message) {
    status = read(message);
    return status.ok();
  });
  if (!filled.ok()) status = filled.status();
  if (!status.ok()) exchange_.Clear();
  return status;
}

absl::Status Call::Gather() {
  Message& message = *exchange_.request();
  const auto* reflection = message.GetReflection();
  const auto* data = method_.data_field;
  const std::string bytes = reflection->GetString(message, data);
  reflection->ClearField(&message, data);
  if (gathered_ == nullptr) {
    // Whoever may not do this need not send the rest.
    if (auto admitted = registry_.Admit(method_, message, caller); !admitted.ok()) {
      return admitted.status();
    }
    gathered_.reset(message.New());
    gathered_->CopyFrom(message);
    saved_.emplace(&caller.account->memory);
  }
  return saved_->Append(bytes);
}

void Call::Begin() {
  command = &method_;
  request = exchange_.request();
  reply = exchange_.reply();
  if (streams()) {
    command = method_.element;
    request = &request->GetReflection()->GetMessage(*request, Element(request->GetDescriptor()));
    reply = reply->GetReflection()->MutableMessage(reply, Element(reply->GetDescriptor()));
  }
  // A stream may outlive what let it in.
  if (!gate_.Holds(identity_)) {
    if (absl::Status known = Identify(); !known.ok()) return Answer(std::move(known));
  }
  if (gathered_ != nullptr) {
    request = gathered_.get();
    return Done(absl::OkStatus());
  }
  if (command->at_once != nullptr) {
    absl::Status status;
    try {
      status = registry_.CarryOut(*command, *request, caller, reply);
    } catch (...) {
      status = StatusOfException(caller.account->memory);
    }
    return Answer(std::move(status));
  }
  if (command->with_saved != nullptr) saved_.emplace(&caller.account->memory);
  auto session = FindSession();
  if (!session.ok()) return Answer(session.status());
  std::optional<v1::HaltReason> gone;
  {
    std::lock_guard lock(mutex_);
    Reset();
    // A stream that is open keeps its session from expiring.
    if (session_ == nullptr && streams()) (*session)->Hold(caller.who->name);
    session_ = *session;
    gone = gone_;
  }
  if (gone) return Answer(NotCarriedOut(*gone));
  (*session)->Start(this);
}

absl::StatusOr<std::shared_ptr<Session>> Call::FindSession() {
  if (session_ == nullptr) return registry_.Admit(*command, *request, caller);
  const std::string& name =
      request->GetReflection()->GetStringReference(*request, command->session_field, nullptr);
  if (!name.empty() && name != session_->name()) {
    return engine::InvalidField("session", "a stream stays with the session of its first request");
  }
  absl::Status allowed = Registry::Allow(*command, *session_, caller);
  if (!allowed.ok()) return allowed;
  return session_;
}

void Call::Done(absl::Status status) {
  if (!status.ok() || command->with_saved == nullptr) return Answer(std::move(status));
  registry_.Later([this] {
    absl::Status opened;
    try {
      opened = registry_.GoOn(*command, *request, caller, *std::move(saved_), reply);
    } catch (...) {
      opened = StatusOfException(caller.account->memory);
    }
    saved_.reset();
    Answer(std::move(opened));
  });
}

void Call::Answer(absl::Status status) {
  Count(status);
  if (!status.ok() && streams()) {
    status = engine::Within(Element(method_.method->input_type())->name(), status);
  }
  Answered(std::move(status));
}

absl::StatusOr<std::shared_ptr<const access::Account>> Call::Who() {
  if (!gate_.Holds(identity_)) {
    auto identity = Authenticate();
    if (!identity.ok()) return identity.status();
    identity_ = *std::move(identity);
  }
  return identity_.account;
}

void Call::Leave(v1::HaltReason reason) {
  std::shared_ptr<Session> session;
  {
    std::lock_guard lock(mutex_);
    gone_ = reason;
    session = session_;
  }
  if (session != nullptr) session->Cancel(this, reason);
}

}  // namespace spiked::session
