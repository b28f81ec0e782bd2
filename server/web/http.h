// Requests of HTTP, one after the other on a connection.
#pragma once

#include <memory>

#include "server/web/link.h"
#include "server/web/site.h"

namespace spiked::web {

// Answers until either side has had enough. The site must outlive it.
Awaitable<void> ServeHttp(std::shared_ptr<Link> link, Site* site);

}  // namespace spiked::web
