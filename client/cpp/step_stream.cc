#include "client/cpp/step_stream.h"

#include <mutex>
#include <optional>
#include <utility>

#include "client/cpp/attempts.h"
#include "client/cpp/connection.h"

namespace spiked::client {

struct StepStream::Stream {
  // Keeps the channel alive; the context must outlive the reader-writer.
  std::shared_ptr<Connection> connection;
  std::string session;
  bool survives;
  Incomplete incomplete;
  // Guarded for Cancel, which may come while a new one is opened.
  std::mutex mutex;
  bool cancelled = false;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StepStreamRequest, v1::StepStreamResponse>> rpc;

  // Used over and over, so that their memory is.
  v1::StepStreamRequest request;
  v1::StepStreamResponse response;

  // How the stream ended; unset while it is open.
  std::optional<absl::Status> end;

  void Open() {
    auto next = std::make_unique<grpc::ClientContext>();
    connection->Prepare(*next);
    std::lock_guard lock(mutex);
    rpc = nullptr;  // before its context
    context = std::move(next);
    if (cancelled) context->TryCancel();
    rpc = connection->simulation().StepStream(context.get());
  }

  // One round trip over the stream as it is.
  absl::Status RoundTrip() {
    if (rpc->Write(request) && rpc->Read(&response)) return absl::OkStatus();
    absl::Status status = Close();
    // A stream that ends well although an answer is due has been ended by the
    // server.
    if (!status.ok()) return status;
    return *(end = connection->ToStatus(
                 {grpc::StatusCode::UNAVAILABLE, "the stream of steps was closed"}));
  }

  // Closes the stream and says how it ended.
  absl::Status Close() {
    if (!end) {
      rpc->WritesDone();
      end = connection->ToStatus(rpc->Finish());
    }
    return *end;
  }
};

StepStream::StepStream(std::shared_ptr<Connection> connection, std::string session, bool survives,
                       Incomplete incomplete)
    : stream_(std::make_unique<Stream>()) {
  stream_->connection = std::move(connection);
  stream_->session = std::move(session);
  stream_->survives = survives;
  stream_->incomplete = incomplete;
  stream_->Open();
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
  if (stream.survives && step.request_id().empty()) step.set_request_id(NewRequestId());
  Attempts attempts(stream.connection->reconnect_for());
  for (;;) {
    absl::Status status = stream.RoundTrip();
    if (status.ok()) break;
    if (!stream.survives || !attempts.Again(status)) return status;
    stream.end.reset();
    stream.Open();
  }
  stream.connection->NoteInstance(*stream.context);
  if (stream.incomplete == Incomplete::kRefuse) {
    if (auto status = CheckComplete(stream.response.step()); !status.ok()) return status;
  }
  return &stream.response.step();
}

absl::Status StepStream::Finish() {
  const absl::Status status = stream_->Close();
  // The next stream goes on where this one was lost, with nothing under way.
  return stream_->survives && MayComeBack(status) ? absl::OkStatus() : status;
}

void StepStream::Cancel() {
  std::lock_guard lock(stream_->mutex);
  stream_->cancelled = true;
  stream_->context->TryCancel();
}

}  // namespace spiked::client
