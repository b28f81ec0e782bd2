// Calls over WebSocket: a binary frame is a message, and a text frame ends the answer.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <memory>
#include <string>

#include "server/web/caller.h"
#include "server/web/link.h"
#include "server/web/site.h"

namespace spiked::web {

// Takes the connection over, on which a request to upgrade has been read.
Awaitable<void> ServeSocket(std::shared_ptr<Link> link, Site* site, const session::Command* command,
                            Credentials credentials, boost::beast::http::request_header<> request);

}  // namespace spiked::web
