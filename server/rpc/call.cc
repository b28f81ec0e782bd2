#include "server/rpc/call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/engine/error.h"
#include "server/log/log.h"
#include "server/rpc/authentication.h"
#include "server/rpc/read_message.h"
#include "server/rpc/status.h"
#include "server/session/error.h"
#include "spdlog/spdlog.h"

namespace spiked::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using session::Clock;

// gRPC tells deadlines by the wall clock, which may be set; we wait by one that
// may not.
Clock::time_point ToSteady(std::chrono::system_clock::time_point deadline) {
  if (deadline == std::chrono::system_clock::time_point::max()) return Clock::time_point::max();
  const auto left = deadline - std::chrono::system_clock::now();
  const auto now = Clock::now();
  if (left > Clock::time_point::max() - now) return Clock::time_point::max();
  return now + std::chrono::duration_cast<Clock::duration>(left);
}

// What an open stream takes by itself, here and in gRPC.
constexpr uint64_t kStreamBytes = 16 << 10;

// The field of a stream's message that holds the command's own.
const FieldDescriptor* Element(const google::protobuf::Descriptor* type) { return type->field(0); }

}  // namespace

void Call::Wait(Front* front, Service* service, int method) {
  auto* call = new Call(front, service, method);
  call->Keep();
  call->Keep();  // for OnOver, which another thread may be told of before the arrival
  call->context_.AsyncNotifyWhenDone(&call->over_);
  if (!front->RequestCall(*service, method, &call->context_, &call->stream_, &call->arrival_)) {
    call->Release();
    call->Release();
  }
}

Call::Call(Front* front, Service* service, int method)
    : front_(*front),
      service_(*service),
      method_(method),
      method_command_(*service->commands()[static_cast<size_t>(method)]),
      charge_(front->registry().memory()),
      exchange_(*method_command_.method, front->registry().memory()),
      out_charge_(front->registry().memory()) {
  front_.Enter();
}

Call::~Call() {
  if (session_ != nullptr && streams()) session_->LetGo(caller.who->name);
  if (counted_ != nullptr) counted_->streams.fetch_sub(1);
  if (streams()) front_.RemoveStream(this);
  if (connected_ != nullptr) connected_->connections.Leave(peer_);
  front_.Leave();
}

void Call::Release() {
  if (keeps_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void Call::OnArrival(bool ok) {
  if (ok) {
    Wait(&front_, &service_, method_);
    caller.deadline = ToSteady(context_.deadline());
    context_.AddInitialMetadata("spiked-instance", front_.registry().instance().id);
    if (stays_open()) {
      // At once: the first command may take long. It is sent with what follows
      // otherwise.
      std::lock_guard lock(mutex_);
      sending_ = true;
      Keep();
      stream_.SendInitialMetadata(&written_);
    }
    // Nothing is read of those whom nobody knows.
    absl::Status welcome = Identify();
    if (welcome.ok()) welcome = Admit();
    if (welcome.ok()) {
      Read();
    } else {
      Refuse(welcome);
    }
  } else {
    Release();  // what has never arrived will not be over
  }
  Release();
}

absl::Status Call::Identify() {
  auto identity = Authenticate(front_.gate(), context_);
  if (!identity.ok()) return identity.status();
  identity_ = *std::move(identity);
  caller.who = identity_.account;
  caller.account = front_.registry().AccountOf(*identity_.account);
  return absl::OkStatus();
}

absl::Status Call::Admit() {
  const access::Quotas quotas = front_.registry().QuotasOf(*identity_.account);
  if (quotas.connections) {
    peer_ = context_.peer();
    if (!caller.account->connections.Enter(peer_, *quotas.connections)) {
      return session::QuotaError(
          "connections", absl::StrCat("the account has calls from ", *quotas.connections,
                                      " connections, as many as it may have"));
    }
    connected_ = caller.account;
  }
  if (!stays_open()) return absl::OkStatus();
  counted_ = caller.account;
  // A watch ends with its session.
  if (streams()) front_.AddStream(this);
  const uint64_t open = counted_->streams.fetch_add(1);
  if (!quotas.streams || open < *quotas.streams) return charge_.Resize(kStreamBytes);
  return session::QuotaError("streams", absl::StrCat("the account has ", open,
                                                     " open streams, and may have ",
                                                     *quotas.streams));
}

void Call::Read() {
  Keep();
  stream_.Read(&in_, &message_);
}

void Call::Count(const absl::Status& status) {
  const auto took = Clock::now() - arrived_;
  front_.registry().counters().Count(*command, status, took);
  if (!spdlog::should_log(spdlog::level::debug)) return;
  const auto text = [this](const char* name) -> std::string {
    const FieldDescriptor* const field = request->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return "";
    return request->GetReflection()->GetString(*request, field);
  };
  spdlog::debug("{}",
                LogLine(command->method->name(),
                        {{"code", absl::StatusCodeToString(status.code())},
                         {"ms", absl::StrCat(absl::ToDoubleMilliseconds(absl::FromChrono(took)))},
                         // A stream names it once.
                         {"session", session_ != nullptr ? session_->name() : text("session")},
                         {"request_id", text("request_id")},
                         {"account", caller.who->name}}));
}

void Call::Refuse(const absl::Status& status) {
  front_.registry().counters().CountRefused(method_command_, status);
  Finish(ToGrpc(status));
}

void Call::EndStream() {
  std::lock_guard lock(mutex_);
  ending_ = true;
  if (busy_ || sending_ || ended_) return;
  SetEnd(ToGrpc(session::ShuttingDown()));
  Send();
}

void Call::OnMessage(bool ok) {
  arrived_ = Clock::now();
  if (streams()) {
    std::lock_guard lock(mutex_);
    // Whatever comes once it has ended is for the next server.
    busy_ = !ended_;
  }
  if (streams() && !busy_) {
    // It has ended meanwhile.
  } else if (!ok && gathered_ != nullptr) {
    Begin();
  } else if (!ok) {
    // The client has no more to say, or is gone.
    Finish(streams() ? grpc::Status::OK
                     : ToGrpc(engine::ReasonError(absl::StatusCode::kInvalidArgument,
                                                  "MALFORMED_MESSAGE", "there is no request")));
  } else if (const absl::Status parsed = Parse(); !parsed.ok()) {
    Refuse(parsed);
  } else if (!gathers()) {
    Begin();
  } else if (const absl::Status gathered = Gather(); !gathered.ok()) {
    Refuse(gathered);
  } else {
    Read();
  }
  Release();
}

absl::Status Call::Gather() {
  Message& message = *exchange_.request();
  const auto* reflection = message.GetReflection();
  const auto* data = method_command_.data_field;
  const std::string bytes = reflection->GetString(message, data);
  reflection->ClearField(&message, data);
  if (gathered_ == nullptr) {
    // Whoever may not do this need not send the rest.
    if (auto admitted = front_.registry().Admit(method_command_, message, caller); !admitted.ok()) {
      return admitted.status();
    }
    gathered_.reset(message.New());
    gathered_->CopyFrom(message);
    saved_.emplace(&caller.account->memory);
  }
  return saved_->Append(bytes);
}

absl::Status Call::Parse() {
  request_bytes = in_.Length();
  const absl::Status charged = exchange_.Renew(request_bytes);
  const int64_t most = static_cast<int64_t>(front_.registry().max_request_bytes());
  const absl::StatusOr<bool> parsed =
      charged.ok()
          ? exchange_.Fill([&](Message* message) { return ReadMessage(&in_, most, message); })
          : charged;
  in_.Clear();
  if (!parsed.ok()) return parsed.status();
  if (*parsed) return absl::OkStatus();
  return engine::ReasonError(
      absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
      absl::StrCat("the request is no ", method_command_.method->input_type()->full_name(),
                   ", holds text that is not UTF-8, or is uncompressed more than ", most,
                   " bytes"));
}

void Call::Begin() {
  command = &method_command_;
  request = exchange_.request();
  reply = exchange_.reply();
  if (streams()) {
    command = method_command_.element;
    request = &request->GetReflection()->GetMessage(*request, Element(request->GetDescriptor()));
    reply = reply->GetReflection()->MutableMessage(reply, Element(reply->GetDescriptor()));
  }
  Keep();  // for Done
  // A stream may outlive what let it in.
  if (!front_.gate().Holds(identity_)) {
    if (absl::Status known = Identify(); !known.ok()) return Answer(std::move(known));
  }
  if (gathered_ != nullptr) {
    request = gathered_.get();
    return Done(absl::OkStatus());
  }
  if (command->at_once != nullptr) {
    absl::Status status;
    try {
      status = front_.registry().CarryOut(*command, *request, caller, reply);
    } catch (...) {
      status = session::StatusOfException(*front_.registry().memory());
    }
    return Answer(std::move(status));
  }
  if (command->with_saved != nullptr) saved_.emplace(&caller.account->memory);
  auto session = FindSession();
  if (!session.ok()) return Answer(session.status());
  bool gone = false;
  {
    std::lock_guard lock(mutex_);
    Reset();
    // A stream that is open keeps its session from expiring.
    if (session_ == nullptr && streams()) (*session)->Hold(caller.who->name);
    session_ = *session;
    gone = gone_;
  }
  if (gone) return Answer(absl::CancelledError());
  (*session)->Start(this);
}

// The session that the request names. A stream stays with that of its first
// message.
absl::StatusOr<std::shared_ptr<session::Session>> Call::FindSession() {
  if (session_ == nullptr) return front_.registry().Admit(*command, *request, caller);
  const std::string& name =
      request->GetReflection()->GetStringReference(*request, command->session_field, nullptr);
  if (!name.empty() && name != session_->name()) {
    return engine::InvalidField("session", "a stream stays with the session of its first request");
  }
  absl::Status allowed = session::Registry::Allow(*command, *session_, caller);
  if (!allowed.ok()) return allowed;
  return session_;
}

void Call::Done(absl::Status status) {
  if (status.ok() && command->with_saved != nullptr) {
    try {
      status = front_.registry().GoOn(*command, *request, caller, *std::move(saved_), reply);
    } catch (...) {
      status = session::StatusOfException(*front_.registry().memory());
    }
    saved_.reset();
  }
  Answer(std::move(status));
}

void Call::Answer(absl::Status status) {
  Count(status);
  if (!status.ok() && streams())
    status = engine::Within(Element(method_command_.method->input_type())->name(), status);
  grpc::ByteBuffer bytes;
  grpc::Status end = ToGrpc(status);
  if (end.ok() && !in_parts()) end = Serialize(*exchange_.reply(), &bytes);
  exchange_.Clear();
  {
    std::lock_guard lock(mutex_);
    busy_ = false;
    if (!end.ok()) {
      exchange_.ClearParts();
      SetEnd(std::move(end));
    } else if (in_parts()) {
      Continue();
    } else {
      SetMessage(&bytes);
    }
    if (!sending_) Send();
  }
  Release();
}

absl::StatusOr<std::shared_ptr<const access::Account>> Call::Who() {
  if (!front_.gate().Holds(identity_)) {
    auto identity = Authenticate(front_.gate(), context_);
    if (!identity.ok()) return identity.status();
    identity_ = *std::move(identity);
  }
  return identity_.account;
}

// The watch has charged the frame.
absl::Status Call::SendFrame(const Message& frame) {
  grpc::ByteBuffer bytes;
  if (!Serialize(frame, &bytes).ok())
    return front_.registry().memory()->Spent(frame.ByteSizeLong());
  std::lock_guard lock(mutex_);
  out_.Swap(&bytes);
  next_ = Next::kMessage;
  frame_ = true;
  if (!sending_) Send();
  return absl::OkStatus();
}

grpc::Status Call::Serialize(const Message& message, grpc::ByteBuffer* bytes) {
  try {
    bool own_buffer = false;
    return grpc::SerializationTraits<Message>::Serialize(message, bytes, &own_buffer);
  } catch (...) {
    return ToGrpc(session::StatusOfException(out_charge_.budget()));
  }
}

void Call::Continue() {
  const auto part = exchange_.TakePart();
  grpc::ByteBuffer bytes;
  grpc::Status end = part != nullptr ? Serialize(*part, &bytes) : grpc::Status::OK;
  if (part != nullptr && end.ok()) {
    SetMessage(&bytes);
  } else {
    SetEnd(std::move(end));
  }
}

void Call::SetMessage(grpc::ByteBuffer* bytes) {
  out_bytes_ = bytes->Length() > session::Exchange::kFree ? bytes->Length() : 0;
  if (absl::Status status = out_charge_.Add(out_bytes_); !status.ok()) {
    return SetEnd(ToGrpc(status));
  }
  out_.Swap(bytes);
  next_ = Next::kMessage;
}

void Call::SetEnd(grpc::Status status) {
  end_ = std::move(status);
  next_ = Next::kEnd;
}

void Call::Finish(grpc::Status status) {
  std::lock_guard lock(mutex_);
  SetEnd(std::move(status));
  if (!sending_) Send();
}

void Call::Send() {
  const Next next = std::exchange(next_, Next::kNothing);
  sending_ = true;
  Keep();
  if (next == Next::kEnd) {
    ended_ = true;
    stream_.Finish(end_, &finished_);
  } else if (in_parts()) {
    stream_.Write(out_, &written_);
  } else if (!streams()) {
    stream_.WriteAndFinish(out_, grpc::WriteOptions(), grpc::Status::OK, &finished_);
  } else {
    stream_.Write(out_, &written_);
    if (!ending_) Read();
  }
}

void Call::OnWritten(bool ok) {
  bool taken = false;
  {
    std::lock_guard lock(mutex_);
    sending_ = false;
    // What is to be sent next is charged, too, if it is there.
    (void)out_charge_.Resize(next_ == Next::kMessage ? out_bytes_ : 0);
    taken = ok && frame_ && next_ == Next::kNothing;
    if (taken) frame_ = false;
    if (in_parts() && !watches() && next_ == Next::kNothing) Continue();
    if (ending_ && !busy_ && next_ == Next::kNothing) SetEnd(ToGrpc(session::ShuttingDown()));
    // Where nothing can be written any more, nothing more will be read either.
    if (next_ != Next::kNothing) {
      if (!ok) next_ = Next::kEnd;
      Send();
    }
  }
  if (taken) session_->Ready(this);
  Release();
}

void Call::OnFinished(bool /*ok*/) { Release(); }

void Call::OnOver(bool /*ok*/) {
  std::shared_ptr<session::Session> session;
  if (context_.IsCancelled()) {
    std::lock_guard lock(mutex_);
    gone_ = true;
    session = session_;
  }
  if (session != nullptr) {
    session->Cancel(this, Clock::now() >= caller.deadline ? v1::HALT_REASON_DEADLINE
                                                          : v1::HALT_REASON_CANCELLED);
  }
  Release();
}

}  // namespace spiked::rpc
