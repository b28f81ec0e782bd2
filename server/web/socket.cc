#include "server/web/socket.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

#include "server/session/error.h"
#include "server/web/carry.h"
#include "server/web/connect.h"

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
// When so much waits to be answered nothing more is read, so that who sends more waits. Until
// then we see if a client closes.
constexpr size_t kAhead = 64 << 10;

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
  Awaitable<bool> Send(absl::string_view bytes);
  Awaitable<void> End(absl::Status status);

  struct Message {
    beast::flat_buffer bytes;
    bool binary;
    size_t size() const { return sizeof(Message) + bytes.size(); }
  };

  // Reads from now on, as long as there is room.
  void Read();
  void ReadSome(size_t most);
  void Enqueue();
  // Whether we read: only then does the client have to answer pings, as only then we see that
  // it does.
  void SetReading(bool reading);

  const std::shared_ptr<Link> link_;
  Site& site_;
  websocket::stream<Stream&> socket_;
  beast::flat_buffer in_;        // what has come of a message
  std::deque<Message> waiting_;  // to be answered
  size_t waiting_bytes_ = 0;
  session::MemoryCharge charge_;  // of both
  absl::Status refused_;          // there is no memory for more
  bool reading_ = false;
};

Awaitable<void> SocketCall::Run(const session::Command* command, Credentials credentials,
                                http::request<http::empty_body> request) {
  // Before it has been answered nobody may send more.
  if (link_->buffer().size() > 0) co_return;
  SetReading(true);
  socket_.read_message_max(site_.registry.max_request_bytes());
  socket_.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
    response.set("Spiked-Instance", site_.registry.instance().id);
  }));
  // Without waiting for what Beast does about it.
  socket_.control_callback([this](websocket::frame_type kind, beast::string_view /*text*/) {
    if (kind == websocket::frame_type::close) link_->Leave();
  });
  error_code error;
  co_await socket_.async_accept(request, redirect_error(kAwait, error));
  if (error) co_return;
  const auto call = std::make_shared<Call>(
      CallOptions(*command, Codec::kProto, std::move(credentials), &site_, link_));
  absl::Status status = call->Enter();
  if (status.ok()) status = co_await Talk(call);
  if (!link_->gone()) co_return co_await End(std::move(status));
  // What reads says goodbye, too.
  const auto until = Clock::now() + kGoodbye;
  while (!link_->lost() && Clock::now() < until) co_await link_->Wait(until);
}

void SocketCall::SetReading(bool reading) {
  if (std::exchange(reading_, reading) == reading) return;
  link_->SetHeard(reading);
  const auto kNone = websocket::stream_base::none();
  socket_.set_option(
      websocket::stream_base::timeout{.handshake_timeout = reading ? kHandshake : kNone,
                                      .idle_timeout = reading ? kIdle : kNone,
                                      .keep_alive_pings = reading});
}

void SocketCall::Read() {
  SetReading(true);
  ReadSome(kFirstPiece);
}

void SocketCall::ReadSome(size_t most) {
  const uint64_t needed = waiting_bytes_ + 2 * in_.size();
  refused_ = charge_.Resize(needed > session::Exchange::kFree ? needed + most : 0);
  if (!refused_.ok()) {
    SetReading(false);
    return link_->Notify();
  }
  socket_.async_read_some(in_, most,
                          [self = shared_from_this()](error_code error, size_t /*bytes*/) {
                            if (error) return self->link_->Lose();
                            if (!self->socket_.is_message_done()) return self->ReadSome(kPiece);
                            self->Enqueue();
                          });
}

void SocketCall::Enqueue() {
  waiting_.push_back({.bytes = std::exchange(in_, {}), .binary = socket_.got_binary()});
  waiting_bytes_ += waiting_.back().size();
  if (waiting_bytes_ < kAhead) {
    ReadSome(kFirstPiece);
  } else {
    SetReading(false);
  }
  link_->Notify();
}

Awaitable<absl::Status> SocketCall::Talk(std::shared_ptr<Call> call) {
  Read();
  for (;;) {
    while (waiting_.empty() && refused_.ok() && !link_->gone() && !link_->ending_streams()) {
      co_await link_->Wait();
    }
    // A client that closes has no more to say.
    if (link_->gone()) co_return absl::OkStatus();
    if (waiting_.empty()) co_return refused_.ok() ? session::ShuttingDown() : refused_;
    absl::Status status = co_await Answer(call.get());
    if (!status.ok() || !call->streams()) co_return status;
  }
}

Awaitable<absl::Status> SocketCall::Answer(Call* call) {
  {
    const Message message = std::move(waiting_.front());
    waiting_.pop_front();
    if (!message.binary) {
      co_return Malformed("requests are binary frames, each a message");
    }
    const absl::string_view bytes(static_cast<const char*>(message.bytes.data().data()),
                                  message.bytes.size());
    absl::Status status = co_await Take(link_.get(), call, {.bytes = bytes});
    if (!status.ok()) co_return status;
    waiting_bytes_ -= message.size();
  }
  if (!reading_ && refused_.ok()) Read();
  if (waiting_bytes_ + 2 * in_.size() <= session::Exchange::kFree) {
    (void)charge_.Resize(0);  // giving back never fails
  }
  call->Start();
  co_return co_await SendAnswers(link_.get(), call,
                                 [this](absl::string_view bytes) { return Send(bytes); });
}

Awaitable<bool> SocketCall::Send(absl::string_view bytes) {
  socket_.binary(true);
  error_code error;
  const Link::Patience patience(link_.get(), kWrite);
  co_await socket_.async_write(asio::buffer(bytes.data(), bytes.size()),
                               redirect_error(kAwait, error));
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
