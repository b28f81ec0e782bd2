#include "client/cpp/watch.h"

#include <optional>
#include <utility>

#include "client/cpp/connection.h"

namespace spiked::client {

struct Watch::Stream {
  // The context must outlive the reader.
  std::shared_ptr<Connection> connection;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::WatchSessionResponse>> reader;
  v1::WatchSessionResponse frame;
  std::optional<absl::Status> end;  // unset while it is open

  ~Stream() {
    if (end) return;
    context.TryCancel();
    (void)reader->Finish();
  }
};

Watch::Watch(std::shared_ptr<Connection> connection, const v1::WatchSessionRequest& request)
    : stream_(std::make_unique<Stream>()) {
  stream_->connection = std::move(connection);
  stream_->connection->Prepare(stream_->context);
  stream_->reader = stream_->connection->simulation().WatchSession(&stream_->context, request);
}

Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;
Watch::~Watch() = default;

absl::StatusOr<const v1::WatchSessionResponse*> Watch::Next() {
  Stream& stream = *stream_;
  if (stream.end) return *stream.end;
  if (!stream.reader->Read(&stream.frame)) {
    stream.end = stream.connection->ToStatus(stream.reader->Finish());
    stream.connection->NoteInstance(stream.context);
    if (stream.end->ok()) stream.end = absl::UnavailableError("the watch was closed");
    return *stream.end;
  }
  stream.connection->NoteInstance(stream.context);
  return &stream.frame;
}

void Watch::Cancel() { stream_->context.TryCancel(); }

}  // namespace spiked::client
