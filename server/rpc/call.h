// What a gRPC call means to the session layer.
#pragma once

#include <grpcpp/server_context.h>

#include "absl/strings/string_view.h"
#include "server/session/caller.h"

namespace spiked::rpc {

// The caller behind a call of the blocking API, for as long as the call lives.
class CallCaller final : public session::Caller {
 public:
  explicit CallCaller(const grpc::ServerContext& context);

  // Everybody who reaches the server is the user who started it.
  absl::string_view user() const override { return "local"; }
  session::Clock::time_point deadline() const override { return deadline_; }
  bool Cancelled() const override { return context_.IsCancelled(); }

 private:
  const grpc::ServerContext& context_;
  session::Clock::time_point deadline_;
};

}  // namespace spiked::rpc
