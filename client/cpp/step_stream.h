// Steps of one session over one open stream.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/recordings.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::client {

class Connection;

// An open stream of steps, made by Session::OpenStepStream. A step over it
// costs one round trip and none of a call's set-up. One thread at a time may
// use it, except for Cancel.
class StepStream {
 public:
  StepStream(StepStream&&) noexcept;
  StepStream& operator=(StepStream&&) noexcept;
  // Finishes the stream.
  ~StepStream();

  // One round trip: see Session::Step. The session in the request is ignored.
  // The answer belongs to the stream and is overwritten by the next step. An
  // error ends the stream, but for DATA_LOSS; every later step fails with the same
  // error. Where the session survives its server, the step survives, too: when the server
  // is lost, it is taken once more over a new stream, for as long as the client's options
  // say, and carried out once all the same.
  absl::StatusOr<const v1::StepResponse*> Step(const v1::StepRequest& request);

  // Closes the stream in order. OK if it had not failed. Steps then fail with
  // FAILED_PRECONDITION.
  absl::Status Finish();

  // Breaks a step off, from another thread; it fails with CANCELLED.
  void Cancel();

 private:
  friend class Session;
  StepStream(std::shared_ptr<Connection> connection, std::string session, bool survives,
             Incomplete incomplete);

  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace spiked::client
