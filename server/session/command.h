// The commands of the contract, in one table: all there is to say of a command
// beside how it is carried out. Fronts know no command but by this table.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/access/account.h"

namespace spiked::session {

class ChargedBytes;
class Machine;
class Registry;
class Session;
class Stop;
struct Caller;

using access::Role;

// What one may do with a session, each with what those before it may.
enum class Right {
  kNone,
  kWatch,  // read it
  kDrive,  // do all the rest, but
  kOwn     // delete and share it
};

// How long it takes at most.
enum class Cost {
  kShort,   // one slice of computing, or not much more
  kSlices,  // any time, but it can be left after a slice and resumed
  kLong     // any time
};

struct Command {
  using Message = google::protobuf::Message;
  // By the registry, whatever the session is doing that the request names, if it does.
  using AtOnce = absl::Status (*)(Registry& registry, const std::shared_ptr<Session>& session,
                                  const Message& request, const Caller& caller, Message* reply);
  // By the session that the request names in its field `session`, when its turn
  // has come. Called again until it says that the command is over; see
  // Machine::Execute.
  using InTurn = bool (*)(Machine& machine, const Message& request, Stop& stop, Message* reply,
                          absl::Status* status);

  // By the registry, with the bytes of a saved session.
  using WithSaved = absl::Status (*)(Registry& registry, const Message& request,
                                     const Caller& caller, ChargedBytes saved, Message* reply);

  const google::protobuf::MethodDescriptor* method;
  // The request's field `session`, or null.
  const google::protobuf::FieldDescriptor* session_field;
  // Its field `request_id`, or null.
  const google::protobuf::FieldDescriptor* request_id_field;
  Role role;                   // who may give it at all, and
  Right right = Right::kNone;  // what they must be allowed to do with that session
  Cost cost;
  bool mutates = false;         // whether it changes what a session is or computes
  bool all_or_nothing = false;  // whether it does so at its very end, without fail
  // One of these; a stream carries the messages of another command in its own, a request in
  // several messages has the bytes of a saved session in that field of each.
  AtOnce at_once = nullptr;
  InTurn in_turn = nullptr;
  const Command* element = nullptr;
  bool watches = false;
  // Only reads, and may be carried out in the midst of a step, which then goes on.
  bool aside = false;
  const google::protobuf::FieldDescriptor* data_field = nullptr;
  // Goes on with a session that has been saved, in turn or by the caller.
  WithSaved with_saved = nullptr;
};

// All commands, service by service in the contract's order.
absl::Span<const Command> Commands();

}  // namespace spiked::session
