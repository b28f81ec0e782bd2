// A call that has come over HTTP.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/session/call.h"
#include "server/web/caller.h"
#include "server/web/connect.h"

namespace spiked::web {

// Used on the strand of its connection. It stays until what it has begun is over.
class Call final : public session::Call, public std::enable_shared_from_this<Call> {
 public:
  struct Options {
    const session::Command& method;
    session::Registry* registry;
    Codec codec;
    Credentials credentials;
    std::string peer;
    session::Clock::time_point deadline = session::Clock::time_point::max();
    // Has something done on the strand, and then its connection look after the call.
    std::function<void(std::function<void()>)> post;
  };
  explicit Call(Options options);
  ~Call() override;

  using session::Call::DoInTurn;
  using session::Call::gathers;
  using session::Call::in_parts;
  using session::Call::Leave;
  using session::Call::stays_open;
  using session::Call::streams;
  using session::Call::watches;
  Codec codec() const { return options_.codec; }
  session::Clock::time_point deadline() const { return options_.deadline; }

  // Sees who calls, and whether they may call now. UNAUTHENTICATED, RESOURCE_EXHAUSTED.
  absl::Status Enter();
  // Takes a message, which may be one of several that are one request. On any thread.
  absl::Status Take(const Packed& message, absl::FunctionRef<void()> pause);
  // Carries out what has been taken.
  void Start();

  // Whether what was started is over, and how it ended.
  bool answered() const { return answered_; }
  const absl::Status& status() const { return status_; }
  // The answer; or its next part, null if there is none. What has been sent is Sent. On any
  // thread, once answered.
  absl::StatusOr<std::string> TakeReply(absl::FunctionRef<void()> pause);
  std::optional<absl::StatusOr<std::string>> TakePart(absl::FunctionRef<void()> pause);
  // The next frame of a watch, null if there is none.
  bool has_frame() const { return frame_ != nullptr; }
  session::Frame::Bytes TakeFrame();
  void Sent();
  // How many bytes the answer has in all, as it is in Protocol Buffers.
  uint64_t ReplyBytes();

 private:
  absl::StatusOr<access::Identity> Authenticate() override;
  std::string Peer() override { return options_.peer; }
  void Answered(absl::Status status) override;
  absl::Status SendFrame(session::Frame& frame) override;
  absl::StatusOr<std::string> Write(const google::protobuf::Message& message,
                                    absl::FunctionRef<void()> pause);
  // Makes room to write so many bytes of Protocol Buffers, and keeps what was written of it.
  absl::Status ChargeWriting(uint64_t bytes);
  void ChargeWritten(uint64_t bytes);

  const Options options_;
  std::shared_ptr<Call> self_;  // while something is under way
  bool answered_ = false;
  absl::Status status_;
  session::Frame::Bytes frame_;
  bool frame_sent_ = false;  // is on its way
};

}  // namespace spiked::web
