// What identifies a running server.
#pragma once

#include <grpcpp/server_context.h>

#include <chrono>
#include <string>

namespace spiked::rpc {

struct Instance {
  std::string id;  // drawn anew at every start
  std::chrono::system_clock::time_point start_time;

  // Names the instance in the initial metadata of the answer.
  void Announce(grpc::ServerContext* context) const {
    context->AddInitialMetadata("spiked-instance", id);
  }
};

}  // namespace spiked::rpc
