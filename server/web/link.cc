#include "server/web/link.h"

#include <openssl/x509.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "server/net/connections.h"

namespace spiked::web {
namespace {

using asio::redirect_error;

constexpr auto kHandshake = std::chrono::seconds(10);
// How long and how much we listen to somebody who is not wanted any more.
constexpr auto kLinger = std::chrono::seconds(5);
constexpr size_t kLingerPiece = 64 << 10;
// What is read of a client while its command runs: enough to see that it is there.
constexpr size_t kWatchPiece = 4 << 10;
// How often we look whether a client is there that nobody reads of.
constexpr auto kLook = std::chrono::milliseconds(20);
// What is kept of a buffer between requests.
constexpr size_t kKept = 16 << 10;

}  // namespace

Link::Link(Socket socket, std::shared_ptr<asio::ssl::context> tls,
           std::function<void(Link*)> on_end)
    : stream_(std::move(socket), std::move(tls)),
      on_end_(std::move(on_end)),
      wake_(stream_.get_executor()),
      patience_(stream_.get_executor()) {
  peer_ = net::PeerOf(stream_.next_layer().native_handle()).name;
}

Link::~Link() { on_end_(this); }

std::optional<std::string> Link::CommonName() {
  if (!stream_.tls()) return std::nullopt;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get_peer_certificate(stream_.tls()->native_handle()), X509_free);
  if (certificate == nullptr) return std::nullopt;
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  // Of several names none counts.
  if (place < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, place) >= 0) {
    return std::nullopt;
  }
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
  if (size < 0) return std::nullopt;
  std::string name(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
  OPENSSL_free(text);
  return name;
}

Awaitable<bool> Link::Greet() {
  if (!stream_.tls()) co_return true;
  const Patience patience(this, kHandshake);
  error_code error;
  co_await stream_.tls()->async_handshake(asio::ssl::stream_base::server,
                                          redirect_error(kAwait, error));
  co_return !error;
}

void Link::StartRead(size_t most) {
  reading_ = true;
  stream_.async_read_some(buffer_.prepare(most),
                          [self = shared_from_this()](error_code error, size_t bytes) {
                            self->reading_ = false;
                            self->buffer_.commit(bytes);
                            if (error) self->gone_ = true;
                            self->Notify();
                          });
}

Awaitable<bool> Link::ReadSome(size_t most, Clock::time_point until, bool leave_on_close) {
  if (!reading_ && !gone_) StartRead(most);
  while (reading_) {
    if (Clock::now() >= until || (leave_on_close && closing_)) co_return false;
    co_await Wait(until);
  }
  co_return !gone_;
}

void Link::Watch() {
  if (reading_ || gone_ || buffer_.size() > 0) return;
  // Only now, as nothing is being read into it.
  if (buffer_.capacity() > kKept) buffer_.shrink_to_fit();
  StartRead(kWatchPiece);
}

Awaitable<void> Link::Wait(Clock::time_point until) {
  const auto is_heard = [this] { return reading_ || heard_ || gone_; };
  error_code error;
  wake_.expires_at(is_heard() ? until : std::min(until, Clock::now() + kLook));
  co_await wake_.async_wait(redirect_error(kAwait, error));
  if (!is_heard() && HungUp()) gone_ = true;
}

// Also with something before the end that nobody has read.
bool Link::HungUp() {
  pollfd socket{.fd = stream_.next_layer().native_handle(), .events = POLLRDHUP, .revents = 0};
  return poll(&socket, 1, /*timeout=*/0) > 0;
}

Awaitable<void> Link::Aside(std::function<void(std::function<void()> done)> begin) {
  bool done = false;
  begin([this, &done] {
    asio::post(executor(), [self = shared_from_this(), &done] {
      done = true;
      self->Notify();
    });
  });
  while (!done) co_await Wait();
}

Awaitable<void> Link::End(bool linger) {
  if (gone_) {
    CloseSocket();
    co_return;
  }
  error_code error;
  if (stream_.tls() && !linger && !reading_) {
    const Patience patience(this, kLinger);
    co_await stream_.tls()->async_shutdown(redirect_error(kAwait, error));
  }
  stream_.next_layer().shutdown(Socket::shutdown_send, error);
  const auto until = Clock::now() + kLinger;
  while (linger && !error) {
    if (!co_await ReadSome(kLingerPiece, until, /*leave_on_close=*/true)) break;
    buffer_.consume(buffer_.size());
  }
  CloseSocket();
}

void Link::CloseSocket() {
  error_code error;
  stream_.next_layer().close(error);
}

Link::Patience::Patience(Link* link, Clock::duration most) : link_(*link) {
  link_.patience_.expires_after(most);
  link_.patience_.async_wait(
      [weak = link->weak_from_this(), number = ++link_.patiences_](error_code error) {
        const auto self = weak.lock();
        if (error || self == nullptr || self->patiences_ != number) return;
        self->gone_ = true;
        self->CloseSocket();
        self->Notify();
      });
}

Link::Patience::~Patience() {
  ++link_.patiences_;
  link_.patience_.cancel();
}

void Link::EndStreams() {
  asio::post(executor(), [self = shared_from_this()] {
    self->ending_streams_ = true;
    self->Notify();
  });
}

void Link::Close() {
  asio::post(executor(), [self = shared_from_this()] {
    self->closing_ = true;
    self->Notify();
  });
}

void Link::Abort() {
  asio::post(executor(), [self = shared_from_this()] {
    self->gone_ = true;
    self->CloseSocket();
    self->Notify();
  });
}

}  // namespace spiked::web
