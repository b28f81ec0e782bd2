// A client's connection: what it sends, and whether it is still there.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace spiked::web {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;

// Everything of one connection happens on its strand, and so one after the other.
using Executor = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kAwait{};

// Bytes, encrypted on their way or not.
class Stream {
 public:
  using executor_type = Executor;
  using next_layer_type = Socket;
  using lowest_layer_type = Socket;

  Stream(Socket socket, std::shared_ptr<asio::ssl::context> tls)
      : context_(std::move(tls)), socket_(std::move(socket)) {
    if (context_ != nullptr) tls_.emplace(socket_, *context_);
  }

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& next_layer() { return socket_; }
  const Socket& next_layer() const { return socket_; }
  std::optional<asio::ssl::stream<Socket&>>& tls() { return tls_; }

  template <typename Token>
  using Result =
      typename asio::async_result<std::decay_t<Token>, void(error_code, size_t)>::return_type;

  template <typename Buffers, typename Token>
  Result<Token> async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, size_t)>(
        [this](auto handler, const Buffers& into) {
          if (tls_) {
            tls_->async_read_some(into, std::move(handler));
          } else {
            socket_.async_read_some(into, std::move(handler));
          }
        },
        token, buffers);
  }
  template <typename Buffers, typename Token>
  Result<Token> async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_) {
            tls_->async_write_some(from, std::move(handler));
          } else {
            socket_.async_write_some(from, std::move(handler));
          }
        },
        token, buffers);
  }

 private:
  std::shared_ptr<asio::ssl::context> context_;
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
};

// What Beast does when a WebSocket has been closed: by then both sides know.
inline void teardown(beast::role_type role, Stream& stream, error_code& error) {
  beast::websocket::teardown(role, stream.next_layer(), error);
}
template <typename Handler>
void async_teardown(beast::role_type role, Stream& stream, Handler&& handler) {
  beast::websocket::async_teardown(role, stream.next_layer(), std::forward<Handler>(handler));
}

// On its strand, but where it says otherwise.
class Link final : public std::enable_shared_from_this<Link> {
 public:
  // With a context what goes over it is encrypted. `on_end` is called when it is gone.
  Link(Socket socket, std::shared_ptr<asio::ssl::context> tls, std::function<void(Link*)> on_end);
  ~Link();

  Executor executor() { return stream_.get_executor(); }
  Stream& stream() { return stream_; }
  const std::string& peer() const { return peer_; }
  // Of a certificate that the client has shown.
  std::optional<std::string> CommonName();

  // What has been read and not been used yet. Not to be touched while it is read into.
  beast::flat_buffer& buffer() { return buffer_; }
  // The client wants nothing more.
  bool gone() const { return gone_ || left_; }
  // There is no connection to it any more.
  bool lost() const { return gone_; }
  // Somebody else who reads has seen that there is none, or that the client says goodbye.
  void Lose() {
    gone_ = true;
    Notify();
  }
  void Leave() {
    left_ = true;
    Notify();
  }

  // Agrees on encryption, if there is any; whether that went well.
  Awaitable<bool> Greet();
  // Reads at most so many bytes more; false if there are none until then, or no more, or with
  // `leave_on_close` the server wants to end it.
  Awaitable<bool> ReadSome(size_t most, Clock::time_point until, bool leave_on_close);
  // Notices from now on at once if the client goes, unless it has sent something already.
  void Watch();
  // Whether somebody else reads what the client sends, and sees if it goes.
  void SetHeard(bool heard) { heard_ = heard; }
  // Waits until something happens, or until then.
  Awaitable<void> Wait(Clock::time_point until = Clock::time_point::max());
  // Something has happened.
  void Notify() { wake_.cancel(); }
  // Has work that would keep others waiting here begun elsewhere, and waits until it says, on
  // any thread, that it is done.
  Awaitable<void> Aside(std::function<void(std::function<void()> done)> begin);
  // Says goodbye. Whoever still sends something is heard for a moment, so that they get to
  // see what has been sent to them.
  Awaitable<void> End(bool linger);

  // Ends the connection if it is still there after a while.
  class Patience {
   public:
    Patience(Link* link, Clock::duration most);
    ~Patience();
    Patience(const Patience&) = delete;

   private:
    Link& link_;
  };

  // What the server wants: streams to end, the connection to be ended when there is nothing
  // under way, or at once. On any thread.
  void EndStreams();
  void Close();
  void Abort();
  bool ending_streams() const { return ending_streams_; }
  bool closing() const { return closing_; }

 private:
  void StartRead(size_t most);
  bool HungUp();
  void CloseSocket();

  Stream stream_;
  const std::function<void(Link*)> on_end_;
  std::string peer_;
  beast::flat_buffer buffer_;
  Timer wake_, patience_;
  uint64_t patiences_ = 0;
  bool reading_ = false, heard_ = false;
  bool gone_ = false, left_ = false;
  bool ending_streams_ = false, closing_ = false;
};

}  // namespace spiked::web
