#include "server/web/socket.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "server/engine/error.h"
#include "server/session/error.h"
#include "server/web/carry.h"

namespace spiked::web {
namespace {

namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::redirect_error;

// Pings go out when nothing has come for half of it; who does not answer is gone.
constexpr auto kIdle = std::chrono::seconds(60);
constexpr auto kHandshake = std::chrono::seconds(10);
// How long a client may take to read a message, and to say goodbye.
constexpr auto kWrite = std::chrono::seconds(120), kGoodbye = std::chrono::seconds(5);
constexpr size_t kFirstPiece = 4 << 10, kPiece = 64 << 10;

// One call. What reads for it keeps it.
class SocketCall : public std::enable_shared_from_this<SocketCall> {
 public:
  SocketCall(std::shared_ptr<Link> link, Site* site)
      : link_(std::move(link)), site_(*site), socket_(link_->stream()), charge_(&site->incoming) {}

  Awaitable<void> Run(const session::Command* command, Credentials credentials,
                      http::request<http::empty_body> request);

 private:
  Awaitable<absl::Status> Talk(std::shared_ptr<Call> call);
  // Carries out the message that has come, and sends what comes of it.
  Awaitable<absl::Status> Answer(Call* call);
  Awaitable<bool> Send(std::string bytes);
  Awaitable<void> End(absl::Status status);

  // Reads a message from now on; one only, so that who sends more than is answered waits.
  void Read();
  void ReadSome(size_t most);
  // Whether the client has to answer pings: only who reads sees that it does.
  void Expect(bool life);

  const std::shared_ptr<Link> link_;
  Site& site_;
  websocket::stream<Stream&> socket_;
  beast::flat_buffer in_;
  session::MemoryCharge charge_;  // of it
  absl::Status refused_;          // there is no memory for it
  bool ready_ = false;            // a message has come
  bool busy_ = false;             // with another
  bool expects_life_ = false;
};

Awaitable<void> SocketCall::Run(const session::Command* command, Credentials credentials,
                                http::request<http::empty_body> request) {
  // Before it has been answered nobody may send more.
  if (link_->buffer().size() > 0) co_return;
  Expect(true);
  socket_.read_message_max(site_.registry.max_request_bytes());
  socket_.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
    response.set("Spiked-Instance", site_.registry.instance().id);
  }));
  error_code error;
  co_await socket_.async_accept(request, redirect_error(kAwait, error));
  if (error) co_return;
  const auto call = std::make_shared<Call>(
      CallOptions(*command, Codec::kProto, std::move(credentials), &site_, link_));
  absl::Status status = call->Enter();
  if (status.ok()) status = co_await Talk(call);
  if (!link_->gone()) co_await End(std::move(status));
}

void SocketCall::Expect(bool life) {
  if (std::exchange(expects_life_, life) == life) return;
  const auto kNone = websocket::stream_base::none();
  socket_.set_option(websocket::stream_base::timeout{.handshake_timeout = life ? kHandshake : kNone,
                                                     .idle_timeout = life ? kIdle : kNone,
                                                     .keep_alive_pings = life});
}

void SocketCall::Read() {
  Expect(true);
  ready_ = false;
  in_.consume(in_.size());
  if (in_.capacity() > kPiece) in_.shrink_to_fit();
  (void)charge_.Resize(0);  // giving back never fails
  ReadSome(kFirstPiece);
}

void SocketCall::ReadSome(size_t most) {
  const uint64_t needed = 2 * in_.size();
  refused_ = charge_.Resize(needed > session::Exchange::kFree ? needed + most : 0);
  if (!refused_.ok()) return link_->Notify();
  socket_.async_read_some(in_, most,
                          [self = shared_from_this()](error_code error, size_t /*bytes*/) {
                            if (error) return self->link_->Lose();
                            if (!self->socket_.is_message_done()) return self->ReadSome(kPiece);
                            self->ready_ = true;
                            if (self->busy_) self->Expect(false);
                            self->link_->Notify();
                          });
}

Awaitable<absl::Status> SocketCall::Talk(std::shared_ptr<Call> call) {
  Read();
  for (;;) {
    while (!ready_ && refused_.ok() && !link_->gone() && !link_->ending_streams()) {
      co_await link_->Wait();
    }
    if (!refused_.ok()) co_return refused_;
    if (!ready_) {
      // A client that closes has no more to say.
      co_return link_->gone() ? absl::OkStatus() : session::ShuttingDown();
    }
    absl::Status status = co_await Answer(call.get());
    if (!status.ok() || !call->streams() || link_->gone()) co_return status;
  }
}

Awaitable<absl::Status> SocketCall::Answer(Call* call) {
  if (!socket_.got_binary()) {
    co_return engine::ReasonError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                                  "requests are binary frames, each a message");
  }
  const absl::string_view bytes(static_cast<const char*>(in_.data().data()), in_.size());
  absl::Status status = co_await Take(&site_, link_.get(), call, bytes);
  if (!status.ok()) co_return status;
  busy_ = true;
  Read();
  call->Start();
  status = co_await SendAnswers(&site_, link_.get(), call,
                                [this](std::string bytes) { return Send(std::move(bytes)); });
  busy_ = false;
  co_return status;
}

Awaitable<bool> SocketCall::Send(std::string bytes) {
  socket_.binary(true);
  error_code error;
  const Link::Patience patience(link_.get(), kWrite);
  co_await socket_.async_write(asio::buffer(bytes), redirect_error(kAwait, error));
  co_return !error;
}

Awaitable<void> SocketCall::End(absl::Status status) {
  const std::string end = EndOfStreamJson(status);
  socket_.text(true);
  error_code error;
  const Link::Patience patience(link_.get(), kGoodbye);
  co_await socket_.async_write(asio::buffer(end), redirect_error(kAwait, error));
  if (error) co_return;
  co_await socket_.async_close(websocket::close_code::normal, redirect_error(kAwait, error));
}

}  // namespace

Awaitable<void> ServeSocket(std::shared_ptr<Link> link, Site* site, const session::Command* command,
                            Credentials credentials, http::request_header<> header) {
  http::request<http::empty_body> request(std::move(header));
  const auto call = std::make_shared<SocketCall>(std::move(link), site);
  co_await call->Run(command, std::move(credentials), std::move(request));
}

}  // namespace spiked::web
