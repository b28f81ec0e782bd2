// One call of a client, from its arrival to its end.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/access/gate.h"
#include "server/rpc/front.h"
#include "server/rpc/service.h"
#include "server/session/call.h"

namespace spiked::rpc {

// Owns itself: it waits for a call of one method, asks for the next call when
// there is one, and is gone when its call is over. Between messages an open
// stream holds no thread.
class Call final : private session::Call {
 public:
  // What can come out of the queue for a call.
  class Event {
   public:
    // Goes on with the call.
    void Handle(bool ok) { (call_->*handler_)(ok); }

   private:
    friend class Call;
    using Handler = void (Call::*)(bool ok);
    Event(Call* call, Handler handler) : call_(call), handler_(handler) {}
    Call* const call_;
    const Handler handler_;
  };

  // Of a stream: it ends with an error that tells to connect again, as soon as it has
  // answered the message that has come, if one has.
  void EndStream();

  // Waits for a call of that method. Both must outlive it.
  static void Wait(Front* front, Service* service, int method);

 private:
  Call(Front* front, Service* service, int method);
  ~Call() override = default;

  // Events.
  void OnArrival(bool ok);
  void OnMessage(bool ok);
  void OnHandedOver(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void OnOver(bool ok);

  absl::StatusOr<access::Identity> Authenticate() override;
  std::string Peer() override;
  void Read();
  void Refuse(const absl::Status& status);
  // Has the message that has been received read, here if that is quick.
  void ReadReceived();
  absl::Status ParseMessage(absl::FunctionRef<void()> pause);
  // What becomes of it then.
  void Take(const absl::Status& parsed);
  // Carries out the message that has been read.
  void Carry();
  void Answered(absl::Status status) override;
  absl::Status SendFrame(session::Frame& frame) override;
  grpc::Status Serialize(const Message& message, grpc::ByteBuffer* bytes);
  // What is to be sent next; a message is charged until it has been sent. With the
  // mutex held.
  void SetMessage(grpc::ByteBuffer* bytes);
  void SetEnd(grpc::Status status);
  void Finish(grpc::Status status);
  // Sends what is next; with the mutex held, and nothing being sent.
  void Send();
  // Has the next part of an answer in several sent next, or else the end; with the
  // mutex held, and nothing to be sent.
  void Continue();
  // Each event that is to come keeps the call alive, as does a command.
  void Keep() { keeps_.fetch_add(1, std::memory_order_relaxed); }
  void Release();

  Front& front_;
  Service& service_;
  const int method_number_;

  grpc::ServerContext context_;
  Service::Stream stream_{&context_};
  Event arrival_{this, &Call::OnArrival}, message_{this, &Call::OnMessage},
      handed_over_{this, &Call::OnHandedOver}, written_{this, &Call::OnWritten},
      finished_{this, &Call::OnFinished}, over_{this, &Call::OnOver};
  std::atomic<int> keeps_{0};

  grpc::ByteBuffer in_;

  std::mutex mutex_;
  enum class Next { kNothing, kMessage, kEnd };
  Next next_ = Next::kNothing;  // to be sent
  bool sending_ = false;
  bool busy_ = false;    // a stream has not answered its last message
  bool ending_ = false;  // a stream reads no more messages
  bool ended_ = false;   // the end is on its way
  bool frame_ = false;   // is to be sent, or is being
  grpc::ByteBuffer out_;
  uint64_t out_bytes_ = 0;  // charged for it
  grpc::Status end_;
  std::optional<grpc::Alarm> hand_over_;  // of a watch
};

}  // namespace spiked::rpc
