#include "server/web/call.h"

#include <algorithm>
#include <utility>

#include "server/net/connections.h"
#include "server/session/error.h"
#include "server/session/saved.h"
#include "server/web/gzip.h"

namespace spiked::web {
namespace {

// Those who are sent a frame in the same form are sent the same bytes.
template <Codec kCodec>
absl::StatusOr<std::string> WriteFrame(const google::protobuf::Message& frame) {
  return WriteMessage(kCodec, frame, [] {});
}

}  // namespace

Call::Call(Options options)
    : session::Call(options.method, options.registry, options.registry->gate()),
      options_(std::move(options)) {
  caller.deadline = options_.deadline;
  net::AllConnections().SetBusy(options_.peer, true);
}

Call::~Call() { net::AllConnections().SetBusy(options_.peer, false); }

absl::StatusOr<access::Identity> Call::Authenticate() {
  auto identity = web::Authenticate(*options_.registry->gate(), options_.credentials);
  if (identity.ok()) net::AllConnections().Welcome(options_.peer);
  return identity;
}

absl::Status Call::Enter() {
  absl::Status status = Identify();
  if (status.ok()) status = Admit();
  if (!status.ok()) CountRefused(status);
  return status;
}

absl::Status Call::Take(const Packed& message, absl::FunctionRef<void()> pause) {
  arrived_ = session::Clock::now();
  session::ChargedBytes uncompressed(&caller.account->memory);
  session::MemoryCharge charge(&caller.account->memory);
  absl::string_view bytes = message.bytes;
  absl::Status status;
  if (message.compressed) {
    try {
      status = Uncompress(bytes, max_request_bytes(), &uncompressed, pause);
    } catch (...) {
      status = session::StatusOfException(charge.budget());
    }
    bytes = uncompressed.bytes();
  }
  if (status.ok()) status = charge.Resize(MemoryToRead(options_.codec, bytes.size()));
  if (status.ok()) status = Receive(bytes.size());
  if (status.ok()) {
    status = Parse([&](google::protobuf::Message* read) {
      return ReadMessage(options_.codec, bytes, read, pause);
    });
  }
  if (status.ok() && gathers()) status = Gather();
  if (!status.ok()) CountRefused(status);
  return status;
}

void Call::Start() {
  answered_ = false;
  self_ = shared_from_this();
  Begin();
}

void Call::Answered(absl::Status status) {
  options_.post([this, status = std::move(status)]() mutable {
    const auto self = std::move(self_);
    if (!status.ok()) {
      exchange().Clear();
      exchange().ClearParts();
    }
    status_ = std::move(status);
    answered_ = true;
  });
}

absl::Status Call::SendFrame(session::Frame& frame) {
  if (absl::Status status = ChargeWriting(frame.size()); !status.ok()) return status;
  auto bytes = frame.Written(options_.codec == Codec::kProto ? WriteFrame<Codec::kProto>
                                                             : WriteFrame<Codec::kJson>);
  if (!bytes.ok()) return bytes.status();
  ChargeWritten((*bytes)->size());
  options_.post([this, bytes = *std::move(bytes)]() mutable { frame_ = std::move(bytes); });
  return absl::OkStatus();
}

absl::StatusOr<std::string> Call::Write(const google::protobuf::Message& message,
                                        absl::FunctionRef<void()> pause) {
  try {
    if (absl::Status status = ChargeWriting(message.ByteSizeLong()); !status.ok()) return status;
    auto bytes = WriteMessage(options_.codec, message, pause);
    if (bytes.ok()) ChargeWritten(bytes->size());
    return bytes;
  } catch (...) {
    return session::StatusOfException(out_charge_.budget());
  }
}

absl::Status Call::ChargeWriting(uint64_t bytes) {
  return out_charge_.Resize(MemoryToWrite(options_.codec, bytes));
}

void Call::ChargeWritten(uint64_t bytes) {
  (void)out_charge_.Resize(std::min(out_charge_.bytes(), bytes));  // giving back never fails
}

uint64_t Call::ReplyBytes() { return exchange().reply()->ByteSizeLong(); }

absl::StatusOr<std::string> Call::TakeReply(absl::FunctionRef<void()> pause) {
  auto bytes = Write(*exchange().reply(), pause);
  exchange().Clear();
  return bytes;
}

std::optional<absl::StatusOr<std::string>> Call::TakePart(absl::FunctionRef<void()> pause) {
  const auto part = exchange().TakePart();
  if (part == nullptr) return std::nullopt;
  return Write(*part, pause);
}

session::Frame::Bytes Call::TakeFrame() {
  frame_sent_ = frame_ != nullptr;
  return std::exchange(frame_, nullptr);
}

void Call::Sent() {
  (void)out_charge_.Resize(0);  // giving back never fails
  if (std::exchange(frame_sent_, false) && !answered_) Taken();
}

}  // namespace spiked::web
