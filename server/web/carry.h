// What becomes of a call on its connection, whatever its answer travels by.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/web/call.h"
#include "server/web/link.h"
#include "server/web/site.h"

namespace spiked::web {

// What makes a call of a request.
Call::Options CallOptions(const session::Command& command, Codec codec, Credentials credentials,
                          Site* site, const std::shared_ptr<Link>& link);
// Has the call take a message. What is long, or may become so, is read, and below written, when
// it is the turn of the caller's account at the cores.
Awaitable<absl::Status> Take(Link* link, Call* call, Packed message);
// Until what a call has begun is over, or with `frames` there is something to be sent.
Awaitable<void> Await(Link* link, Call* call, bool frames);
// The one reply of a call that is over.
Awaitable<absl::StatusOr<std::string>> TakeReply(Link* link, Call* call);
// Has frames and replies of a call that has begun sent, one after the other, until it is over or
// the client is gone. Whoever sends says whether that went well; until then the bytes are there.
Awaitable<absl::Status> SendAnswers(Link* link, Call* call,
                                    std::function<Awaitable<bool>(absl::string_view bytes)> send);

}  // namespace spiked::web
