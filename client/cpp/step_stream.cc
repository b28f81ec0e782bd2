#include "client/cpp/step_stream.h"

#include <optional>
#include <utility>

#include "client/cpp/connection.h"

namespace spiked::client {

struct StepStream::Stream {
  // Keeps the channel alive; the context must outlive the reader-writer.
  std::shared_ptr<Connection> connection;
  std::string session;
  Incomplete incomplete;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StepStreamRequest, v1::StepStreamResponse>> rpc;

  // Used over and over, so that their memory is.
  v1::StepStreamRequest request;
  v1::StepStreamResponse response;

  // How the stream ended; unset while it is open.
  std::optional<absl::Status> end;

  // Closes the stream and says how it ended.
  absl::Status Close() {
    if (!end) {
      rpc->WritesDone();
      end = connection->ToStatus(rpc->Finish());
    }
    return *end;
  }
};

StepStream::StepStream(std::shared_ptr<Connection> connection, std::string session,
                       Incomplete incomplete)
    : stream_(std::make_unique<Stream>()) {
  stream_->connection = std::move(connection);
  stream_->session = std::move(session);
  stream_->incomplete = incomplete;
  stream_->connection->Prepare(stream_->context);
  stream_->rpc = stream_->connection->simulation().StepStream(&stream_->context);
}

StepStream::StepStream(StepStream&&) noexcept = default;

StepStream& StepStream::operator=(StepStream&& other) noexcept {
  if (stream_ != nullptr && stream_ != other.stream_) stream_->Close().IgnoreError();
  stream_ = std::move(other.stream_);
  return *this;
}

StepStream::~StepStream() {
  if (stream_ != nullptr) stream_->Close().IgnoreError();
}

absl::StatusOr<const v1::StepResponse*> StepStream::Step(const v1::StepRequest& request) {
  Stream& stream = *stream_;
  if (stream.end) {
    return stream.end->ok() ? absl::FailedPreconditionError("the stream of steps is closed")
                            : *stream.end;
  }
  v1::StepRequest& step = *stream.request.mutable_step();
  step = request;
  step.set_session(stream.session);
  if (!stream.rpc->Write(stream.request) || !stream.rpc->Read(&stream.response)) {
    absl::Status status = stream.Close();
    // A stream that ends well although an answer is due has been ended by the
    // server.
    if (status.ok()) {
      status = stream.connection->ToStatus(
          {grpc::StatusCode::UNAVAILABLE, "the stream of steps was closed"});
    }
    stream.end = status;
    return status;
  }
  stream.connection->NoteInstance(stream.context);
  if (stream.incomplete == Incomplete::kRefuse) {
    if (auto status = CheckComplete(stream.response.step()); !status.ok()) return status;
  }
  return &stream.response.step();
}

absl::Status StepStream::Finish() { return stream_->Close(); }

void StepStream::Cancel() { stream_->context.TryCancel(); }

}  // namespace spiked::client
