// A command on its way through a session.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/access/account.h"
#include "server/session/account.h"
#include "server/session/answers.h"
#include "server/session/command.h"
#include "server/session/cores.h"
#include "server/session/frame.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// Whoever waits for the answer to a command.
struct Caller {
  std::shared_ptr<const access::Account> who;
  Account* account = nullptr;  // in whose name they take turns
  Clock::time_point deadline = Clock::time_point::max();
  // Of what they ask for now, where that is carried out at once.
  RequestId request_id = {};
};

// Why a command is over that has not begun, or has been stopped before it did
// anything.
absl::Status NotCarriedOut(v1::HaltReason reason);

// One command, from its arrival to its answer. Whoever receives commands derives
// from it; it must live until Done is called, which happens once, on any thread.
class Operation {
 public:
  virtual ~Operation() = default;

  // What to do, for whom, and where the answer goes; set before the operation
  // begins, and again before it is used for another command.
  const Command* command = nullptr;
  const google::protobuf::Message* request = nullptr;
  google::protobuf::Message* reply = nullptr;
  Caller caller;
  // Of the request, as it has travelled.
  uint64_t request_bytes = 0;

  // Room for a message of an answer in several; see Stop::AddReply.
  virtual absl::StatusOr<google::protobuf::Message*> AddReply(uint64_t bytes) = 0;
  // See Stop::saved.
  virtual ChargedBytes* saved() = 0;

  // Of WatchSession, whose answer goes on until it is Done with an error: who its caller
  // is by now, UNAUTHENTICATED if nobody knows them any more; and sends them a frame,
  // which Session::Ready is told of when they have taken it.
  virtual absl::StatusOr<std::shared_ptr<const access::Account>> Who() = 0;
  virtual absl::Status SendFrame(Frame& frame) = 0;

  // The command is over; if it failed there is no reply, and the session is as it
  // was.
  virtual void Done(absl::Status status) = 0;

  // Why the command is to end early, if it is.
  v1::HaltReason stop_reason() const { return stop_reason_.load(std::memory_order_relaxed); }

 protected:
  // Makes it fit for another command. What Cancel says from here on counts.
  void Reset() { stop_reason_.store(v1::HALT_REASON_UNSPECIFIED, std::memory_order_relaxed); }

 private:
  friend class Session;
  std::atomic<v1::HaltReason> stop_reason_{v1::HALT_REASON_UNSPECIFIED};
};

}  // namespace spiked::session
