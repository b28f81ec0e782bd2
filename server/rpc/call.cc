#include "server/rpc/call.h"

#include <chrono>

namespace spiked::rpc {
namespace {

using session::Clock;

// gRPC tells deadlines by the wall clock, which may be set; we wait by one that
// may not.
Clock::time_point ToSteady(std::chrono::system_clock::time_point deadline) {
  if (deadline == std::chrono::system_clock::time_point::max()) return Clock::time_point::max();
  const auto left = deadline - std::chrono::system_clock::now();
  const auto now = Clock::now();
  if (left > Clock::time_point::max() - now) return Clock::time_point::max();
  return now + std::chrono::duration_cast<Clock::duration>(left);
}

}  // namespace

CallCaller::CallCaller(const grpc::ServerContext& context)
    : context_(context), deadline_(ToSteady(context.deadline())) {}

}  // namespace spiked::rpc
