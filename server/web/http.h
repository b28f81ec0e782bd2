// Requests of HTTP, one after the other on a connection.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/session/memory.h"
#include "server/web/call.h"
#include "server/web/link.h"
#include "server/web/site.h"

namespace spiked::web {

// Answers until either side has had enough. The site must outlive it.
Awaitable<void> ServeHttp(std::shared_ptr<Link> link, Site* site);

// What makes a call of a request, whatever its answer travels by.
Call::Options CallOptions(const session::Command& command, Codec codec, Credentials credentials,
                          Site* site, const std::shared_ptr<Link>& link);
// Until what a call has begun is over, or with `frames` there is something to be sent.
Awaitable<void> Await(Link* link, Call* call, bool frames);

}  // namespace spiked::web
