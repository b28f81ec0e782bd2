#include "server/rpc/call.h"

#include <grpc/grpc_security.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/rpc/authentication.h"
#include "server/rpc/read_message.h"
#include "server/rpc/status.h"
#include "server/session/error.h"

namespace spiked::rpc {
namespace {

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

absl::StatusOr<std::string> WriteFrame(const google::protobuf::Message& frame) {
  return frame.SerializeAsString();
}

// Without a copy.
grpc::ByteBuffer ToBuffer(const session::Frame::Bytes& bytes) {
  const auto drop = [](void* kept) { delete static_cast<session::Frame::Bytes*>(kept); };
  // gRPC does not write into it.
  const grpc::Slice slice(const_cast<char*>(bytes->data()), bytes->size(), drop,
                          new session::Frame::Bytes(bytes));
  return {&slice, 1};
}

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
    : session::Call(*service->commands()[static_cast<size_t>(method)], &front->registry(),
                    &front->gate()),
      front_(*front),
      service_(*service),
      method_number_(method) {
  front_.Enter();
}

void Call::Release() {
  if (keeps_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (streams()) front_.RemoveStream(this);
  Front& front = front_;
  delete this;
  front.Leave();
}

void Call::OnArrival(bool ok) {
  if (ok) {
    Wait(&front_, &service_, method_number_);
    caller.deadline = ToSteady(context_.deadline());
    context_.AddInitialMetadata("spiked-instance", front_.registry().instance().id);
    // Nothing is read of those whom nobody knows.
    absl::Status welcome = Identify();
    if (welcome.ok()) welcome = Admit();
    if (stays_open()) {
      // At once: the first command may take long. It is sent with what follows
      // otherwise.
      std::lock_guard lock(mutex_);
      sending_ = true;
      Keep();
      stream_.SendInitialMetadata(&written_);
    }
    // A watch ends with its session.
    if (welcome.ok() && streams()) front_.AddStream(this);
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

absl::StatusOr<access::Identity> Call::Authenticate() {
  return rpc::Authenticate(front_.gate(), context_);
}

// All who come over a Unix socket have the same address. But each connection has a context of
// its own, which stays for as long as it has calls.
std::string Call::Peer() {
  grpc_auth_context* const connection = grpc_call_auth_context(context_.c_call());
  std::string name = absl::StrCat(context_.peer(), " ", reinterpret_cast<uintptr_t>(connection));
  grpc_auth_context_release(connection);
  return name;
}

void Call::Read() {
  Keep();
  stream_.Read(&in_, &message_);
}

void Call::Refuse(const absl::Status& status) {
  CountRefused(status);
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
  } else if (!ok && gathered()) {
    Carry();
  } else if (!ok) {
    // The client has no more to say, or is gone.
    Finish(streams() ? grpc::Status::OK
                     : ToGrpc(engine::ReasonError(absl::StatusCode::kInvalidArgument,
                                                  "MALFORMED_MESSAGE", "there is no request")));
  } else {
    ReadReceived();
  }
  Release();
}

void Call::ReadReceived() {
  if (const absl::Status room = Receive(in_.Length()); !room.ok()) {
    in_.Clear();
    Refuse(room);
  } else if (!MayTakeLong(&in_)) {
    Take(ParseMessage([] {}));
  } else {
    Keep();
    DoInTurn([this](session::Cores::Turn& turn) {
      Take(ParseMessage([&turn] { turn.GiveWay(); }));
      Release();
    });
  }
}

void Call::Take(const absl::Status& parsed) {
  if (!parsed.ok()) {
    Refuse(parsed);
  } else if (!gathers()) {
    Carry();
  } else if (const absl::Status gathered = Gather(); !gathered.ok()) {
    Refuse(gathered);
  } else {
    Read();
  }
}

absl::Status Call::ParseMessage(absl::FunctionRef<void()> pause) {
  const int64_t most = static_cast<int64_t>(max_request_bytes());
  const absl::Status status = Parse([&](Message* message) {
    if (ReadMessage(&in_, most, message, pause)) return absl::OkStatus();
    return engine::ReasonError(
        absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
        absl::StrCat("the request is no ", message->GetDescriptor()->full_name(),
                     ", holds text that is not UTF-8, or is uncompressed more than ", most,
                     " bytes"));
  });
  in_.Clear();
  return status;
}

void Call::Carry() {
  Keep();  // for Answered
  Begin();
}

void Call::Answered(absl::Status status) {
  grpc::ByteBuffer bytes;
  grpc::Status end = ToGrpc(status);
  if (end.ok() && !in_parts()) end = Serialize(*exchange().reply(), &bytes);
  exchange().Clear();
  {
    std::lock_guard lock(mutex_);
    busy_ = false;
    if (!end.ok()) {
      exchange().ClearParts();
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

// The watch has charged the frame.
absl::Status Call::SendFrame(session::Frame& frame) {
  const auto written = frame.Written(WriteFrame);
  if (!written.ok()) return written.status();
  grpc::ByteBuffer bytes = ToBuffer(*written);
  std::lock_guard lock(mutex_);
  out_.Swap(&bytes);
  next_ = Next::kMessage;
  frame_ = true;
  if (sending_) return absl::OkStatus();
  // By a thread of the front: to send it to many would take longer than to make it, and the
  // session waits for that.
  sending_ = true;
  Keep();
  if (!hand_over_) hand_over_.emplace();
  front_.HandOver(&*hand_over_, &handed_over_);
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
  const auto part = exchange().TakePart();
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

void Call::OnHandedOver(bool /*ok*/) {
  {
    std::lock_guard lock(mutex_);
    Send();
  }
  Release();
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
  if (taken) Taken();
  Release();
}

void Call::OnFinished(bool /*ok*/) { Release(); }

void Call::OnOver(bool /*ok*/) {
  if (context_.IsCancelled()) {
    Leave(Clock::now() >= caller.deadline ? v1::HALT_REASON_DEADLINE : v1::HALT_REASON_CANCELLED);
  }
  Release();
}

}  // namespace spiked::rpc
