// What a command that runs asks of whoever runs it.
#pragma once

#include <cstdint>
#include <limits>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/engine/crew.h"
#include "server/engine/pace.h"
#include "server/engine/time.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

class ChargedBytes;

// For what can be shared by as many as there are.
inline constexpr int kAnyThreads = std::numeric_limits<int>::max();

class Stop {
 public:
  virtual ~Stop() = default;

  // Why the command is to end, if it is.
  virtual v1::HaltReason reason() = 0;
  // Whether it is to be left for now, and resumed later.
  virtual bool pause() = 0;
  // Asked in the midst of what it does: whether one of these is so, or it is time
  // for Note.
  virtual bool interrupts() = 0;
  // How far time has come.
  virtual void Note(engine::Step now) = 0;

  // Lets others go first for a while, where the command cannot be left.
  virtual void GiveWay() = 0;
  // Who is there to work until it pauses or gives way, if so many threads are of
  // use; null: the calling thread alone.
  virtual engine::Crew* crew(int useful_threads) = 0;
  // About how much is done between two questions; see engine::Pace.
  virtual uint64_t work_between_asks() const { return engine::Pace::kWorkBetweenAsks; }
  // Room for a further message of an answer in several, which takes so many bytes.
  // RESOURCE_EXHAUSTED (quota `memory_bytes`).
  virtual absl::StatusOr<google::protobuf::Message*> AddReply(uint64_t bytes) = 0;
  // The session as it is described.
  virtual v1::Session Describe() = 0;
  // For Command::with_saved: where a saved session goes.
  virtual ChargedBytes* saved() = 0;
};

}  // namespace spiked::session
