// A call of one method of the contract, whatever front it comes through.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/access/gate.h"
#include "server/session/command.h"
#include "server/session/cores.h"
#include "server/session/exchange.h"
#include "server/session/memory.h"
#include "server/session/operation.h"
#include "server/session/registry.h"
#include "server/session/saved.h"
#include "server/session/session.h"

namespace spiked::session {

// To read so many bytes of Protocol Buffers takes less than a slice of computing, whatever
// they say.
inline constexpr uint64_t kQuicklyRead = 64 << 10;

// Sees who calls, carries out what they ask for message by message, and counts it. Fronts
// derive from it: they read messages, and send what comes of them. A call with one message
// each way is carried out once, a stream again and again, and of a request in several
// messages each is gathered before it is carried out.
class Call : public Operation {
 protected:
  using Message = google::protobuf::Message;

  // Registry and gate must outlive it.
  Call(const Command& method, Registry* registry, const access::Gate* gate);
  ~Call() override;

  const Command& method() const { return method_; }
  Registry& registry() { return registry_; }
  Exchange& exchange() { return exchange_; }

  // Each message is a command, which has an answer of its own.
  bool streams() const { return method_.element != nullptr; }
  bool watches() const { return method_.watches; }
  // Whether it is open for as long as the client wants.
  bool stays_open() const { return streams() || watches(); }
  // Whether one request has an answer in several messages.
  bool in_parts() const { return !streams() && method_.method->server_streaming(); }
  // Whether several messages are one request, and whether one of them has come.
  bool gathers() const { return method_.data_field != nullptr; }
  bool gathered() const { return gathered_ != nullptr; }

  // Who calls, by what the front knows of them. UNAUTHENTICATED.
  virtual absl::StatusOr<access::Identity> Authenticate() = 0;
  // From which connection, among all that there are.
  virtual std::string Peer() = 0;
  // Begin is over: without an error the reply is in the exchange, all in one or in parts.
  virtual void Answered(absl::Status status) = 0;

  // Sees who calls; the call ends if nobody knows.
  absl::Status Identify();
  // Once they are known: RESOURCE_EXHAUSTED if their account has as many connections or streams
  // as it may, or there is no memory for another stream.
  absl::Status Admit();
  // Has something that takes long, such as reading a long request, done when it is the turn of
  // the caller's account at the cores, on a thread of theirs. One at a time.
  void DoInTurn(std::function<void(Cores::Turn&)> work) { in_turn_.Begin(std::move(work)); }
  // Makes room for a request that has travelled as so many bytes. RESOURCE_EXHAUSTED (quota
  // `request_bytes` or `memory_bytes`).
  absl::Status Receive(uint64_t bytes);
  // What a message may have at most.
  uint64_t max_request_bytes() const { return max_request_bytes_; }
  // Has `read` fill it in; its errors, and RESOURCE_EXHAUSTED, as what it says may be much more.
  absl::Status Parse(absl::FunctionRef<absl::Status(Message*)> read);
  // Takes one of several messages of a request.
  absl::Status Gather();
  // Carries out the request that has been read; Answered is told of what comes of it, on
  // whatever thread.
  void Begin();
  // The caller has gone: what is under way ends for that reason.
  void Leave(v1::HaltReason reason);
  // The frame of a watch has been taken.
  void Taken() { session_->Ready(this); }

  // The call ends before there was a command.
  void CountRefused(const absl::Status& status);

  // Of the message.
  Clock::time_point arrived_;
  MemoryCharge out_charge_;  // of what is being sent

 private:
  // What is done in turn.
  class InTurn final : public Cores::Work {
   public:
    explicit InTurn(Call* call) : call_(*call) {}
    void Begin(std::function<void(Cores::Turn&)> work);
    bool Continue(Cores::Turn& turn) override;
    Cores::Account* account() const override { return call_.caller.account->turns; }
    bool needs_seat() const override { return true; }

   private:
    Call& call_;
    std::function<void(Cores::Turn&)> work_;
  };

  absl::StatusOr<Message*> AddReply(uint64_t bytes) override { return exchange_.AddPart(bytes); }
  ChargedBytes* saved() override { return &*saved_; }
  absl::StatusOr<std::shared_ptr<const access::Account>> Who() override;
  void Done(absl::Status status) override;

  // The session that the request names. A stream stays with that of its first message.
  absl::StatusOr<std::shared_ptr<Session>> FindSession();
  void Answer(absl::Status status);
  // Counts how the command has ended, and writes it to the log if that is wanted.
  void Count(const absl::Status& status);

  const Command& method_;
  Registry& registry_;
  const access::Gate& gate_;

  access::Identity identity_;
  Account* counted_ = nullptr;    // whose streams this one is among
  Account* connected_ = nullptr;  // among whose connections its own is counted
  std::string peer_;
  uint64_t max_request_bytes_ = 0;
  // Of the account, once it is admitted.
  MemoryCharge charge_;  // of the call itself
  // As they travel; a stream's hold the command's own.
  Exchange exchange_;
  // The first message of a request in several, without its data; and a saved session.
  std::unique_ptr<Message> gathered_;
  std::optional<ChargedBytes> saved_;
  InTurn in_turn_{this};

  std::mutex mutex_;  // of what Leave wants to know
  std::shared_ptr<Session> session_;
  std::optional<v1::HaltReason> gone_;
};

}  // namespace spiked::session
