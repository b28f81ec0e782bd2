#include "server/web/site.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace spiked::web {

Site::Site(session::Registry* sessions, Page files)
    : registry(*sessions),
      page(std::move(files)),
      incoming(2 * sessions->max_request_bytes(), "the web front's", sessions->memory()) {
  for (const session::Command& command : session::Commands()) {
    commands.emplace(
        absl::StrCat("/", command.method->service()->full_name(), "/", command.method->name()),
        &command);
  }
}

}  // namespace spiked::web
