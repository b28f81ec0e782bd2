#include "server/rpc/call_limit.h"

#include <dlfcn.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "server/net/connections.h"

// gRPC has no door for this. Its library calls these functions by name, though, so that the
// program's own are called in their place, and call the library's in turn. What is declared here
// is what gRPC 1.51 declares in src/core/lib/transport/transport.h, transport_impl.h and
// iomgr/endpoint.h, and in src/core/ext/transport/chttp2/transport/internal.h and
// frame_rst_stream.h, which are not installed.
struct grpc_transport;
struct grpc_stream;
struct grpc_stream_refcount;
struct grpc_closure;
struct grpc_endpoint;
struct grpc_transport_one_way_stats;
struct grpc_chttp2_transport;  // begins with a grpc_transport
struct grpc_chttp2_stream;
enum grpc_chttp2_initiate_write_reason { kRstStream = 8 };
namespace grpc_core {
class Arena;
}

grpc_endpoint* grpc_transport_get_endpoint(grpc_transport* transport);
int grpc_endpoint_get_fd(grpc_endpoint* endpoint);
void grpc_chttp2_add_rst_stream_to_next_write(grpc_chttp2_transport* transport, uint32_t stream,
                                              uint32_t code, grpc_transport_one_way_stats* stats);
void grpc_chttp2_initiate_write(grpc_chttp2_transport* transport,
                                grpc_chttp2_initiate_write_reason reason);

// A client has begun a stream, which is taken or not (null).
grpc_chttp2_stream* grpc_chttp2_parsing_accept_stream(grpc_chttp2_transport* transport,
                                                      uint32_t id);
// A stream begins, on a server with data; and its end, when nobody touches it any more.
int grpc_transport_init_stream(grpc_transport* transport, grpc_stream* stream,
                               grpc_stream_refcount* refcount, const void* server_data,
                               grpc_core::Arena* arena);
void grpc_transport_destroy_stream(grpc_transport* transport, grpc_stream* stream,
                                   grpc_closure* then);

namespace {

constexpr uint32_t kRefusedStream = 7;  // an error code of HTTP/2

// The calls of all connections to servers. Thread-safe.
class Calls {
 public:
  void SetLimit(size_t all, size_t of_connection) {
    std::lock_guard lock(mutex_);
    limit_ = all;
    limit_of_connection_ = of_connection;
  }

  // Whether there may be another one of that connection.
  bool MayOpen(const void* transport) {
    std::lock_guard lock(mutex_);
    if (limit_ == 0) return true;
    const auto found = connections_.find(transport);
    const size_t calls = found == connections_.end() ? 0 : found->second.calls;
    const size_t left = limit_ - std::min(limit_, all_);
    if (left < limit_ / kFew) CloseLargest();
    return calls < limit_of_connection_ && 4 * calls < left;
  }

  void Enter(grpc_transport* transport) {
    std::lock_guard lock(mutex_);
    auto [connection, is_new] = connections_.try_emplace(transport);
    if (is_new) {
      connection->second.fd = grpc_endpoint_get_fd(grpc_transport_get_endpoint(transport));
      spiked::net::AllConnections().SetBusy(connection->second.fd, true);
    }
    ++connection->second.calls;
    ++all_;
  }

  void Leave(const void* transport) {
    std::lock_guard lock(mutex_);
    const auto connection = connections_.find(transport);
    if (connection == connections_.end()) return;  // a client's
    --all_;
    if (--connection->second.calls > 0) return;
    if (connection->second.closing) closing_ = false;
    spiked::net::AllConnections().SetBusy(connection->second.fd, false);
    connections_.erase(connection);
  }

 private:
  // When no more than this part is left, there are few.
  static constexpr size_t kFew = 64;

  struct Connection {
    int fd = -1;  // open for as long as it has calls
    size_t calls = 0;
    bool closing = false;
  };

  // One after the other; its calls end soon. With the mutex held.
  void CloseLargest() {
    if (closing_) return;
    const auto largest = std::ranges::max_element(
        connections_, {}, [](const auto& connection) { return connection.second.calls; });
    if (largest == connections_.end()) return;
    closing_ = largest->second.closing = true;
    shutdown(largest->second.fd, SHUT_RDWR);
  }

  std::mutex mutex_;
  size_t limit_ = 0, limit_of_connection_ = 0;
  absl::flat_hash_map<const void*, Connection> connections_;  // that have any, by transport
  size_t all_ = 0;
  bool closing_ = false;  // one of them is
};

Calls& AllCalls() {
  static auto& calls = *new Calls;  // gRPC's threads may outlive main
  return calls;
}

// The library's own, which the program's stands before.
template <typename Function>
Function* Library(Function* /*own*/, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

auto* LibraryAccept() {
  static auto* const function =
      Library(grpc_chttp2_parsing_accept_stream,
              "_Z33grpc_chttp2_parsing_accept_streamP21grpc_chttp2_transportj");
  return function;
}
auto* LibraryInit() {
  static auto* const function = Library(
      grpc_transport_init_stream,
      "_Z26grpc_transport_init_streamP14grpc_transportP11grpc_streamP20grpc_stream_refcountPKv"
      "PN9grpc_core5ArenaE");
  return function;
}
auto* LibraryDestroy() {
  static auto* const function =
      Library(grpc_transport_destroy_stream,
              "_Z29grpc_transport_destroy_streamP14grpc_transportP11grpc_streamP12grpc_closure");
  return function;
}

}  // namespace

grpc_chttp2_stream* grpc_chttp2_parsing_accept_stream(grpc_chttp2_transport* transport,
                                                      uint32_t id) {
  if (AllCalls().MayOpen(transport)) return LibraryAccept()(transport, id);
  // gRPC reads no more of a client that leaves too many of these unread.
  grpc_chttp2_add_rst_stream_to_next_write(transport, id, kRefusedStream, nullptr);
  grpc_chttp2_initiate_write(transport, kRstStream);
  return nullptr;
}

int grpc_transport_init_stream(grpc_transport* transport, grpc_stream* stream,
                               grpc_stream_refcount* refcount, const void* server_data,
                               grpc_core::Arena* arena) {
  if (server_data != nullptr) AllCalls().Enter(transport);
  return LibraryInit()(transport, stream, refcount, server_data, arena);
}

void grpc_transport_destroy_stream(grpc_transport* transport, grpc_stream* stream,
                                   grpc_closure* then) {
  // Before, as a transport may go with its last stream.
  AllCalls().Leave(transport);
  LibraryDestroy()(transport, stream, then);
}

bool spiked::rpc::LimitCalls(size_t all, size_t of_connection) {
  AllCalls().SetLimit(all, of_connection);
  return LibraryAccept() != nullptr && LibraryInit() != nullptr && LibraryDestroy() != nullptr;
}
