// One of many streams of steps that a single thread drives.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "spiked/v1/simulation_service.grpc.pb.h"
#include "tests/bench/pong_client.h"

namespace spiked::bench {

// All operations end as events of the completion queue that carry the stream's
// address as their tag.
class LoadStream {
 public:
  // Starts the stream of a session that `client` has opened.
  LoadStream(const std::shared_ptr<grpc::Channel>& channel, std::string session, PongClient client,
             grpc::CompletionQueue* queue);

  // Takes down an event.
  void Complete(bool ok);
  // Whether operations are under way. The following are for when none are.
  bool busy() const { return pending_ > 0; }
  // Whether the stream has broken.
  bool failed() const { return failed_; }

  // Sends the next poll and waits for its answer.
  void Poll();
  // Plays the poll whose answer has come.
  absl::Status Take() { return client_.Take(response_.step()); }

  // Asks how a stream that is broken or cancelled has ended, unless that was
  // asked before; end() has the answer once it is there.
  void Finish();
  absl::Status end() const;

  // At any time: breaks the stream.
  void Cancel() { context_.TryCancel(); }

  // Notes of who drives the stream: when its next poll is due, and how many
  // were answered.
  absl::Time due;
  int64_t polls = 0;

 private:
  const std::unique_ptr<v1::SimulationService::Stub> stub_;
  PongClient client_;
  grpc::ClientContext context_;
  const std::unique_ptr<
      grpc::ClientAsyncReaderWriter<v1::StepStreamRequest, v1::StepStreamResponse>>
      rpc_;
  const std::string session_;
  v1::StepStreamRequest request_;
  v1::StepStreamResponse response_;
  int pending_ = 1;  // the start
  bool failed_ = false;
  bool finished_ = false;
  grpc::Status end_;
};

}  // namespace spiked::bench
