// Answers that have been given, for those who send a request again because they have not
// heard of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/session/command.h"
#include "server/session/limits.h"
#include "server/session/memory.h"
#include "server/storage/record.pb.h"

namespace spiked::session {

// XXH3, 64 bits, of a message as it is serialized always, whatever the order of its maps
// in memory.
uint64_t HashOf(const google::protobuf::Message& message);

// What names a request that may come again.
struct RequestId {
  std::string id;     // empty: none has been given
  uint64_t hash = 0;  // of the request, and of the method

  // Of a request that a command was given by. INVALID_ARGUMENT (field `request_id`) if it is
  // no UUID.
  static absl::StatusOr<RequestId> Of(const Command& command,
                                      const google::protobuf::Message& request);
};

// Not thread-safe.
class Answers {
 public:
  // As many as the limits say, and no more than the budget has memory for, which must
  // outlive them.
  Answers(const Limits& limits, MemoryBudget* budget)
      : most_(limits.answers_kept),
        kept_for_ms_(limits.answers_kept_for / std::chrono::milliseconds(1)),
        charge_(budget) {}

  // Whether the request has been answered before; then that is the reply. ALREADY_EXISTS
  // (reason REQUEST_ID_REUSED) if another one had its id.
  absl::StatusOr<bool> Find(const RequestId& request, int64_t now_ms,
                            google::protobuf::Message* reply) const;
  // Does nothing for a request without an id. Times are of Unix.
  void Add(const RequestId& request, int64_t now_ms, const google::protobuf::Message& reply);
  void Clear();

  void Save(storage::Answers* answers) const;
  void Restore(const storage::Answers& answers);

 private:
  void Add(storage::Answer answer);
  void DropFirst();

  const size_t most_;
  const int64_t kept_for_ms_;
  MemoryCharge charge_;
  uint64_t number_ = 0;  // of the first of them
  std::deque<storage::Answer> answers_;
  absl::flat_hash_map<std::string, uint64_t> by_id_;  // their numbers
};

}  // namespace spiked::session
