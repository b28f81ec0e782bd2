// One call of a client, from its arrival to its end.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/access/gate.h"
#include "server/rpc/front.h"
#include "server/rpc/service.h"
#include "server/session/exchange.h"
#include "server/session/memory.h"
#include "server/session/operation.h"
#include "server/session/saved.h"
#include "server/session/session.h"

namespace spiked::rpc {

// Owns itself: it waits for a call of one method, asks for the next call when
// there is one, and is gone when its call is over. Between messages an open
// stream holds no thread.
class Call final : private session::Operation {
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
  using Message = google::protobuf::Message;

  Call(Front* front, Service* service, int method);
  ~Call() override;

  // Events.
  void OnArrival(bool ok);
  void OnMessage(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void OnOver(bool ok);

  // Sees who calls; the call ends here if nobody knows.
  absl::Status Identify();
  // RESOURCE_EXHAUSTED if the account has as many connections or streams as it may, or
  // there is no memory for another stream.
  absl::Status Admit();
  void Read();
  // Counts how the command has ended, and writes it to the log if that is wanted.
  void Count(const absl::Status& status);
  void Refuse(const absl::Status& status);
  absl::Status Parse();
  // Carries out the message that has been read.
  void Begin();
  absl::StatusOr<std::shared_ptr<session::Session>> FindSession();
  absl::StatusOr<google::protobuf::Message*> AddReply(uint64_t bytes) override {
    return exchange_.AddPart(bytes);
  }
  session::ChargedBytes* saved() override { return &*saved_; }
  // Takes one of several messages of a request.
  absl::Status Gather();
  absl::StatusOr<std::shared_ptr<const access::Account>> Who() override;
  absl::Status SendFrame(const Message& frame) override;
  void Done(absl::Status status) override;
  void Answer(absl::Status status);
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
  bool streams() const { return method_command_.element != nullptr; }
  bool watches() const { return method_command_.watches; }
  // Whether it is open for as long as the client wants.
  bool stays_open() const { return streams() || watches(); }
  // Whether one request has an answer in several messages.
  bool in_parts() const { return !streams() && method_command_.method->server_streaming(); }
  // Whether several messages are one request.
  bool gathers() const { return method_command_.data_field != nullptr; }
  // Each event that is to come keeps the call alive, as does a command.
  void Keep() { keeps_.fetch_add(1, std::memory_order_relaxed); }
  void Release();

  Front& front_;
  Service& service_;
  const int method_;
  const session::Command& method_command_;

  grpc::ServerContext context_;
  Service::Stream stream_{&context_};
  Event arrival_{this, &Call::OnArrival}, message_{this, &Call::OnMessage},
      written_{this, &Call::OnWritten}, finished_{this, &Call::OnFinished},
      over_{this, &Call::OnOver};
  std::atomic<int> keeps_{0};

  session::Clock::time_point arrived_;  // the message
  access::Identity identity_;
  session::Account* counted_ = nullptr;    // whose streams this one is among
  session::Account* connected_ = nullptr;  // among whose connections its own is counted
  std::string peer_;
  grpc::ByteBuffer in_;
  session::MemoryCharge charge_;  // of the call itself
  // As they travel; a stream's hold the command's own.
  session::Exchange exchange_;
  // The first message of a request in several, without its data; and a saved session.
  std::unique_ptr<Message> gathered_;
  std::optional<session::ChargedBytes> saved_;

  std::mutex mutex_;
  std::shared_ptr<session::Session> session_;
  bool gone_ = false;  // the caller
  enum class Next { kNothing, kMessage, kEnd };
  Next next_ = Next::kNothing;  // to be sent
  bool sending_ = false;
  bool busy_ = false;    // a stream has not answered its last message
  bool ending_ = false;  // a stream reads no more messages
  bool ended_ = false;   // the end is on its way
  bool frame_ = false;   // is to be sent, or is being
  grpc::ByteBuffer out_;
  uint64_t out_bytes_ = 0;  // charged for it
  session::MemoryCharge out_charge_;
  grpc::Status end_;
};

}  // namespace spiked::rpc
