// The gRPC front: calls of all methods of all services, on a queue of its own.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "server/access/gate.h"
#include "server/rpc/service.h"
#include "server/session/front.h"
#include "server/session/registry.h"

namespace spiked::rpc {

class Call;

class Front final : public session::Front {
 public:
  // Both must outlive the front.
  Front(session::Registry* registry, const access::Gate* gate);
  // Drains, if that has not been done.
  ~Front() override;

  session::Registry& registry() { return registry_; }
  const access::Gate& gate() const { return gate_; }
  const std::vector<std::unique_ptr<Service>>& services() const { return services_; }

  // Before the server is built, and after.
  void AddTo(grpc::ServerBuilder& builder);
  void Start();

  // Waits for a call, unless the front is closed; whether it does.
  bool RequestCall(Service& service, int method, grpc::ServerContext* context,
                   Service::Stream* stream, void* tag);

  // Has the tag come out of the queue at once.
  void HandOver(grpc::Alarm* alarm, void* tag) {
    alarm->Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), tag);
  }

  // Before the server shuts down.
  void Close() override;
  // After that.
  void Drain() override;

  // Every call says when it begins and when it has ended.
  void Enter();
  void Leave();
  // So does every stream, so that it can be ended when the server stops.
  void AddStream(Call* call);
  void RemoveStream(Call* call);
  void EndStreams() override;

 private:
  void Serve();

  session::Registry& registry_;
  const access::Gate& gate_;
  std::vector<std::unique_ptr<Service>> services_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::mutex mutex_;
  bool closed_ = false;
  int calls_ = 0;
  bool ending_streams_ = false;
  absl::flat_hash_set<Call*> streams_;
  std::condition_variable none_;  // no calls
  std::vector<std::thread> threads_;
};

}  // namespace spiked::rpc
