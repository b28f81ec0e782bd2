// What all connections of the web front share.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/session/command.h"
#include "server/session/memory.h"
#include "server/session/registry.h"
#include "server/web/page.h"

namespace spiked::web {

struct Site {
  Site(session::Registry* sessions, Page files);

  // The command at a path such as `/spiked.v1.CatalogService/ListModels`; null: none.
  const session::Command* Find(absl::string_view path) const {
    const auto command = commands.find(path);
    return command == commands.end() ? nullptr : command->second;
  }

  session::Registry& registry;
  const Page page;
  absl::flat_hash_map<std::string, const session::Command*> commands;
  // What bodies may hold together that are being read: two of the largest, as with gRPC.
  session::MemoryBudget incoming;
  // Of the cookie, unlike that of another server on this machine; and whether it is for
  // encrypted connections alone.
  std::string cookie;
  bool secure = false;
  bool metrics = false;  // admins are told
  // The server is to stop.
  std::atomic<bool> ending{false};
  // Tells metrics.
  boost::asio::thread_pool helper{1};
};

}  // namespace spiked::web
