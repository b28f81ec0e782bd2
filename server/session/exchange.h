// The messages of a call, in memory that is charged, and used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/session/error.h"
#include "server/session/memory.h"

namespace spiked::session {

// A request and its reply, of the types of a method. A stream's messages come and
// go; what the last ones took serves the next ones, up to a bound, so that a
// closed loop does not ask for memory again and again.
class Exchange {
 public:
  using Message = google::protobuf::Message;

  Exchange(const google::protobuf::MethodDescriptor& method, MemoryBudget* budget);
  // Whose memory they take from here on; only while there are none.
  void SetBudget(MemoryBudget* budget);

  // So much of a call is not charged: whoever wants to give memory back must be heard
  // when it is spent. Many calls are bounded by other means.
  static constexpr size_t kFree = 16 << 10;

  // Both anew and empty, for a request of so many bytes. RESOURCE_EXHAUSTED (quota
  // `memory_bytes`).
  absl::Status Renew(uint64_t request_bytes);
  // Has the request filled in on this thread by `parse`, whose result it returns. A
  // request in pieces can become much larger than its bytes: RESOURCE_EXHAUSTED, too.
  template <typename Parse>
  absl::StatusOr<bool> Fill(Parse parse) {
    try {
      const Filling filling(&charge_);
      return parse(request_);
    } catch (...) {
      return StatusOfException(charge_.budget());
    }
  }
  // Gives both up, and what they took beyond the bound.
  void Clear();

  // Between Renew and Clear.
  Message* request() { return request_; }
  Message* reply() { return reply_; }

  // A further message of an answer in several, which takes so many bytes; they stay
  // until they are taken. RESOURCE_EXHAUSTED (quota `memory_bytes`).
  absl::StatusOr<Message*> AddPart(uint64_t bytes);
  // The first of them; none: null. What it has taken is given back.
  std::unique_ptr<Message> TakePart();
  void ClearParts();

 private:
  // Charges what arenas take on this thread, as long as it lives.
  class Filling {
   public:
    explicit Filling(MemoryCharge* charge);
    ~Filling();
  };

  const Message& request_type_;
  const Message& reply_type_;
  MemoryCharge charge_;  // of the messages
  std::unique_ptr<char[]> block_;
  size_t block_bytes_ = 0;  // kept between messages, at most kFree
  std::optional<google::protobuf::Arena> arena_;
  Message* request_ = nullptr;
  Message* reply_ = nullptr;

  struct Part {
    std::unique_ptr<Message> message;
    uint64_t bytes;
  };
  MemoryCharge parts_charge_;
  std::deque<Part> parts_;
};

}  // namespace spiked::session
