#include "server/web/http.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.pb.h"
#include "nlohmann/json.hpp"
#include "server/engine/error.h"
#include "server/session/error.h"
#include "server/web/carry.h"
#include "server/web/connect.h"
#include "server/web/metrics.h"
#include "server/web/query.h"
#include "server/web/socket.h"

namespace spiked::web {
namespace {

namespace http = beast::http;
using asio::redirect_error;
using http::field;

constexpr uint32_t kMostHeaderBytes = 16 << 10;
// How long a connection may stay without a request, and a header may take.
constexpr auto kIdle = std::chrono::seconds(75), kHeader = std::chrono::seconds(10);
// A body may take so long, and a second more for so many bytes of it that have come.
constexpr auto kBody = std::chrono::seconds(30);
constexpr uint64_t kSlowestBytesPerSecond = 16 << 10;
// How long a client may take to read what fits into a few MiB.
constexpr auto kWrite = std::chrono::seconds(120);
constexpr size_t kHeaderPiece = 4 << 10, kBodyPiece = 64 << 10;
constexpr size_t kMostTokenBytes = 4 << 10;
constexpr absl::string_view kContinue = "100-continue";

// The page needs nothing from anywhere else, and is nobody else's part.
constexpr char kContentSecurityPolicy[] =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'";

absl::string_view View(beast::string_view text) { return {text.data(), text.size()}; }
beast::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

// Whether a client says so, by Accept-Encoding.
bool TakesGzip(absl::string_view accepted) {
  for (const absl::string_view one : absl::StrSplit(accepted, ',')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(one, absl::MaxSplits(';', 1));
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts.first), "gzip")) continue;
    double quality = 1;
    absl::string_view weight = absl::StripAsciiWhitespace(parts.second);
    return !absl::ConsumePrefix(&weight, "q=") || !absl::SimpleAtod(weight, &quality) ||
           quality > 0;
  }
  return false;
}

// A body that grows with what has come, not with what is promised.
struct Bytes {
  using value_type = std::string;
  class reader {
   public:
    template <bool kRequest, typename Fields>
    reader(http::header<kRequest, Fields>& /*header*/, value_type& body) : body_(body) {}
    void init(const boost::optional<uint64_t>& /*length*/, error_code& error) { error = {}; }
    template <typename Buffers>
    size_t put(const Buffers& buffers, error_code& error) {
      size_t total = 0;
      for (const auto buffer : beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        total += buffer.size();
      }
      error = {};
      return total;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

class Connection {
 public:
  Connection(std::shared_ptr<Link> link, Site* site) : link_(std::move(link)), site_(*site) {}
  Awaitable<void> Run();

 private:
  using Response = http::response<http::string_body>;
  struct Message {
    std::string bytes;
    bool compressed;
    // Nothing is nothing, whatever is said of it.
    Packed packed() const { return {.bytes = bytes, .compressed = compressed && !bytes.empty()}; }
  };

  Awaitable<bool> ReadHeader();
  // Reads more of the body, if there is more. INVALID_ARGUMENT, CANCELLED if the client is
  // slow or gone.
  Awaitable<absl::Status> ReadMore(session::MemoryCharge* charge);
  // All of it. RESOURCE_EXHAUSTED.
  Awaitable<absl::Status> ReadBody(uint64_t most, session::MemoryCharge* charge);
  // The next message of a body that is a stream, which is then in `message`; without one
  // there is none.
  Awaitable<absl::Status> ReadEnvelope(std::optional<Message>* message,
                                       session::MemoryCharge* charge);

  // Each answers a request, and says whether there may be another.
  Awaitable<bool> Handle();
  Awaitable<bool> HandleCall(const session::Command& command);
  // The message is in the body, unless it has come already.
  Awaitable<bool> HandleUnary(std::shared_ptr<Call> call, std::optional<Message> message);
  Awaitable<bool> HandleStream(std::shared_ptr<Call> call, Form form);
  Awaitable<bool> Login();
  Awaitable<bool> SendMetrics();
  Awaitable<bool> SendPage(absl::string_view path);
  Awaitable<bool> Fail(absl::Status status);
  Awaitable<bool> RefuseMethod(const char* allowed);
  Awaitable<bool> Send(Response response);

  // Parts of an answer in several messages; whether they went out.
  Awaitable<bool> SendHead(Form form);
  Awaitable<bool> SendEnvelope(uint8_t flags, absl::string_view bytes);
  Awaitable<bool> EndStream(absl::Status status);

  Response NewResponse(http::status status) const;
  void Dress(http::fields& fields) const;

  const http::request<Bytes>& request() const { return parser_->get(); }
  absl::string_view Header(field name) const { return View(request()[name]); }
  absl::string_view Header(const char* name) const { return View(request()[name]); }
  Origin RequestOrigin() const {
    return {.origin = Header(field::origin),
            .host = Header(field::host),
            .fetch_site = Header("Sec-Fetch-Site")};
  }
  Credentials RequestCredentials() const;
  bool IsPost() const { return request().method() == http::verb::post; }
  bool Reads() const {
    return request().method() == http::verb::get || request().method() == http::verb::head;
  }

  const std::shared_ptr<Link> link_;
  Site& site_;
  std::optional<http::request_parser<Bytes>> parser_;
  Clock::time_point began_;  // the body
  uint64_t read_ = 0;        // of it
  bool gzip_ = false;        // messages of the request may be compressed
  bool linger_ = false;      // there is something that we have not read
};

Awaitable<void> Connection::Run() {
  if (co_await link_->Greet()) {
    bool more = true;
    while (more) {
      parser_.emplace();
      parser_->header_limit(kMostHeaderBytes);
      parser_->body_limit(std::numeric_limits<uint64_t>::max());  // ours comes later
      more = co_await ReadHeader();
      if (more) more = co_await Handle();
      more = more && !link_->closing();
    }
  }
  parser_.reset();
  co_await link_->End(linger_);
}

Awaitable<bool> Connection::ReadHeader() {
  auto& buffer = link_->buffer();
  auto until = Clock::now() + kIdle;
  bool begun = false;
  for (;;) {
    // What has been read while the last command ran is there when that read is over.
    if (buffer.size() == 0 || begun) {
      if (!co_await link_->ReadSome(kHeaderPiece, until, !begun)) co_return false;
    }
    if (!begun) until = Clock::now() + kHeader;
    begun = true;
    error_code error;
    buffer.consume(parser_->put(buffer.data(), error));
    if (parser_->is_header_done()) co_return true;
    if (!error || error == http::error::need_more) continue;
    linger_ = true;
    const bool large = error == http::error::header_limit;
    Response response = NewResponse(large ? http::status::request_header_fields_too_large
                                          : http::status::bad_request);
    response.set(field::content_type, "text/plain; charset=utf-8");
    response.body() = large ? "the header is too large\n" : "this is no request of HTTP/1.1\n";
    response.keep_alive(false);
    co_await Send(std::move(response));
    co_return false;
  }
}

Awaitable<absl::Status> Connection::ReadMore(session::MemoryCharge* charge) {
  auto& buffer = link_->buffer();
  // Whoever asks sends nothing before.
  if (read_ == 0 && buffer.size() == 0 &&
      absl::EqualsIgnoreCase(Header(field::expect), kContinue)) {
    constexpr absl::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code error;
    const Link::Patience patience(link_.get(), kWrite);
    co_await asio::async_write(link_->stream(), asio::buffer(kGoOn.data(), kGoOn.size()),
                               redirect_error(kAwait, error));
    if (error) co_return absl::CancelledError();
  }
  if (!parser_->is_done() && buffer.size() == 0) {
    // With a length it has been charged as a whole.
    if (!parser_->content_length()) {
      const uint64_t needed = 2 * parser_->get().body().size() + kBodyPiece;
      if (absl::Status status = charge->Resize(needed); !status.ok()) co_return status;
    }
    const auto until = began_ + kBody + std::chrono::seconds(read_ / kSlowestBytesPerSecond);
    if (!co_await link_->ReadSome(kBodyPiece, until, /*leave_on_close=*/false)) {
      co_return absl::CancelledError();
    }
  }
  while (!parser_->is_done() && buffer.size() > 0) {
    error_code error;
    const size_t used = parser_->put(buffer.data(), error);
    buffer.consume(used);
    read_ += used;
    if (error == http::error::need_more) {
      // The rest is too little to be told, such as half a line.
      const auto until = began_ + kBody + std::chrono::seconds(read_ / kSlowestBytesPerSecond);
      if (!co_await link_->ReadSome(kBodyPiece, until, /*leave_on_close=*/false)) {
        co_return absl::CancelledError();
      }
    } else if (error) {
      co_return Malformed(absl::StrCat("the body is malformed: ", error.message()));
    } else if (used == 0) {
      break;
    }
  }
  co_return absl::OkStatus();
}

absl::Status TooLarge(uint64_t most) {
  return absl::ResourceExhaustedError(absl::StrCat("a request has at most ", most, " bytes"));
}

Awaitable<absl::Status> Connection::ReadBody(uint64_t most, session::MemoryCharge* charge) {
  std::string& body = parser_->get().body();
  if (const auto length = parser_->content_length()) {
    if (*length > most) co_return TooLarge(most);
    if (absl::Status status = charge->Resize(*length); !status.ok()) co_return status;
    body.reserve(*length);
  }
  while (!parser_->is_done()) {
    absl::Status status = co_await ReadMore(charge);
    if (!status.ok()) co_return status;
    if (body.size() > most) co_return TooLarge(most);
  }
  co_return absl::OkStatus();
}

Awaitable<absl::Status> Connection::ReadEnvelope(std::optional<Message>* message,
                                                 session::MemoryCharge* charge) {
  const uint64_t most = site_.registry.max_request_bytes();
  std::string& body = parser_->get().body();
  message->reset();
  size_t needed = kPrefixBytes;
  bool prefixed = false, compressed = false;
  while (body.size() < needed || !prefixed) {
    if (body.size() >= needed) {
      const Envelope envelope = ReadPrefix(body);
      compressed = (envelope.flags & kCompressed) != 0;
      if (compressed && !gzip_) {
        co_return Malformed("a message is compressed: Connect-Content-Encoding must be gzip");
      }
      if (envelope.length > most) co_return TooLarge(most);
      needed += envelope.length;
      prefixed = true;
    } else if (parser_->is_done()) {
      if (body.empty()) co_return absl::OkStatus();
      co_return Malformed("the body ends within a message");
    } else {
      if (absl::Status status = charge->Resize(2 * body.size() + kBodyPiece); !status.ok()) {
        co_return status;
      }
      absl::Status status = co_await ReadMore(charge);
      if (!status.ok()) co_return status;
    }
  }
  *message = {.bytes = body.substr(kPrefixBytes, needed - kPrefixBytes), .compressed = compressed};
  body.erase(0, needed);
  co_return absl::OkStatus();
}

Credentials Connection::RequestCredentials() const {
  Credentials credentials;
  if (const auto count = request().count(field::authorization); count > 0) {
    credentials.authorization = count == 1 ? std::string(Header(field::authorization)) : "";
  }
  credentials.cookie = FindCookie(Header(field::cookie), site_.cookie);
  credentials.common_name = link_->CommonName();
  return credentials;
}

void Connection::Dress(http::fields& fields) const {
  fields.set("Content-Security-Policy", kContentSecurityPolicy);
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Referrer-Policy", "no-referrer");
  fields.set("Cross-Origin-Resource-Policy", "same-origin");
  fields.set("Cross-Origin-Opener-Policy", "same-origin");
  fields.set("Spiked-Instance", site_.registry.instance().id);
}

Connection::Response Connection::NewResponse(http::status status) const {
  Response response(status, 11);
  Dress(response);
  response.set(field::cache_control, "no-store");
  return response;
}

Awaitable<bool> Connection::Send(Response response) {
  linger_ = linger_ || !parser_->is_done();
  const bool keep = request().keep_alive() && !linger_ && !link_->closing();
  response.version(request().version() == 10 ? 10 : 11);
  response.keep_alive(keep);
  const bool head = request().method() == http::verb::head;
  response.prepare_payload();
  error_code error;
  const Link::Patience patience(link_.get(), kWrite);
  if (head) {
    http::response<http::empty_body> bare(std::move(response.base()));
    http::response_serializer<http::empty_body> serializer(bare);
    co_await http::async_write_header(link_->stream(), serializer, redirect_error(kAwait, error));
  } else {
    http::response_serializer<http::string_body> serializer(response);
    co_await http::async_write(link_->stream(), serializer, redirect_error(kAwait, error));
  }
  co_return !error && keep;
}

Awaitable<bool> Connection::Fail(absl::Status status) {
  Response response = NewResponse(static_cast<http::status>(HttpStatusOf(status.code())));
  response.set(field::content_type, "application/json");
  response.body() = ErrorJson(status);
  if (absl::IsUnauthenticated(status)) response.set(field::www_authenticate, "Bearer");
  return Send(std::move(response));
}

Awaitable<bool> Connection::RefuseMethod(const char* allowed) {
  Response response = NewResponse(http::status::method_not_allowed);
  response.set(field::allow, allowed);
  return Send(std::move(response));
}

Awaitable<bool> Connection::Handle() {
  began_ = Clock::now();
  read_ = 0;
  parser_->eager(true);
  const absl::string_view target = View(request().target());
  const std::string path(target.substr(0, target.find('?')));
  if (const session::Command* const command = site_.Find(path)) {
    return HandleCall(*command);
  }
  if (path == "/login" || path == "/logout") return Login();
  if (path == "/metrics" && site_.metrics) return SendMetrics();
  return SendPage(path);
}

Awaitable<bool> Connection::Login() {
  const std::string path(View(request().target()));
  if (!IsPost()) co_return co_await RefuseMethod("POST");
  if (IsForeign(RequestOrigin())) {
    co_return co_await Fail(engine::ReasonError(absl::StatusCode::kPermissionDenied,
                                                "PERMISSION_DENIED",
                                                "only pages of this server may do this"));
  }
  session::MemoryCharge charge(&site_.incoming);
  absl::Status status = co_await ReadBody(kMostTokenBytes, &charge);
  if (link_->gone()) co_return false;
  std::string token;
  if (status.ok() && path == "/login") {
    const auto form = FormOf(Header(field::content_type));
    const auto object = nlohmann::json::parse(request().body(), nullptr, false);
    if (!form || form->codec != Codec::kJson || form->stream || !object.is_object() ||
        !object.contains("token") || !object["token"].is_string()) {
      status = engine::InvalidField("token", "send it as JSON: {\"token\": \"...\"}");
    } else {
      token = object["token"].get<std::string>();
      // What is good for a header is good for a cookie.
      status =
          Authenticate(*site_.registry.gate(), {.authorization = absl::StrCat("Bearer ", token),
                                                .cookie = std::nullopt,
                                                .common_name = std::nullopt})
              .status();
    }
  }
  if (!status.ok()) co_return co_await Fail(std::move(status));
  Response response = NewResponse(http::status::no_content);
  response.set(field::set_cookie, SetCookie(site_.cookie, token, site_.secure));
  co_return co_await Send(std::move(response));
}

Awaitable<bool> Connection::SendMetrics() {
  if (!Reads()) co_return co_await RefuseMethod("GET, HEAD");
  const Credentials credentials = RequestCredentials();
  absl::Status status = CheckOrigin(credentials, RequestOrigin());
  if (status.ok()) {
    const auto identity = Authenticate(*site_.registry.gate(), credentials);
    status = identity.status();
    if (status.ok() && identity->account->role != access::Role::kAdmin) {
      status = engine::ReasonError(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED",
                                   "metrics are for admins");
    }
  }
  if (!status.ok()) co_return co_await Fail(std::move(status));
  Response response = NewResponse(http::status::ok);
  response.set(field::content_type, kMetricsType);
  co_await link_->Aside([&](std::function<void()> done) {
    asio::post(site_.helper, [&, done = std::move(done)] {
      response.body() = MetricsText(site_.registry);
      done();
    });
  });
  co_return co_await Send(std::move(response));
}

Awaitable<bool> Connection::SendPage(absl::string_view path) {
  Response response = NewResponse(http::status::ok);
  const PageFile* const file = site_.page.Find(path);
  response.set(field::content_type, "text/plain; charset=utf-8");
  if (path == "/healthz") {
    response.result(site_.ending ? http::status::service_unavailable : http::status::ok);
    response.body() = site_.ending ? "the server is shutting down\n" : "ok\n";
  } else if (file == nullptr) {
    response.result(http::status::not_found);
    response.body() = path == "/" ? "this server has no page: --web-files DIR gives it one\n"
                                  : "there is nothing here\n";
  } else if (!Reads()) {
    return RefuseMethod("GET, HEAD");
  } else {
    const bool gzip = !file->gzip.bytes.empty() && TakesGzip(Header(field::accept_encoding));
    const PageFile::Form& form = gzip ? file->gzip : file->plain;
    response.set(field::etag, form.etag);
    response.set(field::vary, "Accept-Encoding");
    response.set(field::cache_control,
                 file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (absl::StrContains(Header(field::if_none_match), form.etag)) {
      response.result(http::status::not_modified);
    } else {
      response.set(field::content_type, View(file->type));
      if (gzip) response.set(field::content_encoding, "gzip");
      response.body() = form.bytes;
    }
  }
  return Send(std::move(response));
}

Awaitable<bool> Connection::HandleCall(const session::Command& command) {
  const auto& method = *command.method;
  Credentials credentials = RequestCredentials();
  const absl::Status origin = CheckOrigin(credentials, RequestOrigin());
  if (beast::websocket::is_upgrade(parser_->get())) {
    if (!origin.ok()) co_return co_await Fail(origin);
    if (!method.server_streaming()) {
      co_return co_await Fail(absl::UnimplementedError(
          absl::StrCat(method.name(), " does not answer by a stream: send it by POST")));
    }
    co_await ServeSocket(link_, &site_, &command, std::move(credentials), parser_->get().base());
    co_return false;
  }
  const bool stream = method.client_streaming() || method.server_streaming();
  const bool reads = !stream && method.options().idempotency_level() ==
                                    google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
  const bool by_get = reads && request().method() == http::verb::get;
  if (!IsPost() && !by_get) co_return co_await RefuseMethod(reads ? "GET, POST" : "POST");
  std::optional<Query> query;
  if (by_get) {
    auto read = ReadQuery(View(request().target()));
    if (!read.ok()) co_return co_await Fail(read.status());
    query = *std::move(read);
  }
  const auto form = query ? FormOf(absl::StrCat("application/", query->encoding))
                          : FormOf(Header(field::content_type));
  if (stream && request().version() == 10) {
    co_return co_await Send(NewResponse(http::status::http_version_not_supported));
  }
  if (!form || form->stream != stream) {
    Response response = NewResponse(http::status::unsupported_media_type);
    const char* const types = stream ? "application/connect+json, application/connect+proto"
                                     : "application/json, application/proto";
    response.set("Accept-Post", types);
    response.set(field::content_type, "text/plain; charset=utf-8");
    response.body() = query ? "encoding must be json or proto\n"
                            : absl::StrCat("Content-Type must be one of ", types, "\n");
    co_return co_await Send(std::move(response));
  }
  absl::Status status = origin;
  Call::Options options = CallOptions(command, form->codec, std::move(credentials), &site_, link_);
  const absl::string_view version = Header("Connect-Protocol-Version");
  const absl::string_view encoding = query    ? query->compression
                                     : stream ? Header("Connect-Content-Encoding")
                                              : Header(field::content_encoding);
  if (status.ok() && command.element != nullptr) {
    status = absl::UnimplementedError(
        absl::StrCat(method.name(), " goes both ways at once: use WebSocket, or gRPC"));
  }
  if (status.ok() && !version.empty() && version != "1") {
    status = Malformed("Connect-Protocol-Version must be 1");
  }
  gzip_ = absl::EqualsIgnoreCase(encoding, "gzip");
  if (status.ok() && !gzip_ && !encoding.empty() && !absl::EqualsIgnoreCase(encoding, "identity")) {
    status =
        absl::UnimplementedError("requests may be compressed by gzip, or not at all (identity)");
  }
  if (const auto text = Header("Connect-Timeout-Ms"); status.ok() && !text.empty()) {
    const auto timeout = ReadTimeout(text);
    status = timeout.status();
    if (status.ok()) options.deadline = began_ + *timeout;
  }
  const auto call = std::make_shared<Call>(std::move(options));
  if (status.ok()) status = call->Enter();
  if (status.ok() && stream) co_return co_await HandleStream(call, *form);
  std::optional<Message> message;
  if (query) message = {.bytes = std::move(query->message), .compressed = gzip_};
  if (status.ok()) co_return co_await HandleUnary(call, std::move(message));
  if (!stream) co_return co_await Fail(std::move(status));
  linger_ = !parser_->is_done();
  if (co_await SendHead(*form)) co_await EndStream(std::move(status));
  co_return false;
}

Awaitable<bool> Connection::HandleUnary(std::shared_ptr<Call> call,
                                        std::optional<Message> message) {
  absl::Status status;
  {
    session::MemoryCharge charge(&site_.incoming);
    if (!message) {
      status = co_await ReadBody(site_.registry.max_request_bytes(), &charge);
      if (link_->gone() || absl::IsCancelled(status)) co_return false;
      message = {.bytes = std::move(parser_->get().body()), .compressed = gzip_};
    }
    if (status.ok()) status = co_await Take(link_.get(), call.get(), message->packed());
    message.reset();
  }
  if (!status.ok()) co_return co_await Fail(std::move(status));
  call->Start();
  link_->Watch();
  co_await Await(link_.get(), call.get(), /*frames=*/false);
  if (link_->gone()) co_return false;
  if (!call->status().ok()) co_return co_await Fail(call->status());
  absl::StatusOr<std::string> reply = co_await TakeReply(link_.get(), call.get());
  if (!reply.ok()) co_return co_await Fail(reply.status());
  Response response = NewResponse(http::status::ok);
  response.set(field::content_type, View(ContentTypeOf({call->codec(), false})));
  response.body() = *std::move(reply);
  co_return co_await Send(std::move(response));
}

Awaitable<bool> Connection::SendHead(Form form) {
  http::response<http::empty_body> head(http::status::ok, 11);
  Dress(head);
  head.set(field::cache_control, "no-store");
  head.set(field::content_type, View(ContentTypeOf(form)));
  head.keep_alive(false);
  head.chunked(true);
  http::response_serializer<http::empty_body> serializer(head);
  error_code error;
  const Link::Patience patience(link_.get(), kWrite);
  co_await http::async_write_header(link_->stream(), serializer, redirect_error(kAwait, error));
  co_return !error;
}

Awaitable<bool> Connection::SendEnvelope(uint8_t flags, absl::string_view bytes) {
  const std::string prefix = Prefix(flags, bytes.size());
  const std::array<asio::const_buffer, 2> whole = {asio::buffer(prefix),
                                                   asio::buffer(bytes.data(), bytes.size())};
  const auto chunk = http::make_chunk(whole);
  error_code error;
  const Link::Patience patience(link_.get(), kWrite);
  co_await asio::async_write(link_->stream(), chunk, redirect_error(kAwait, error));
  co_return !error;
}

Awaitable<bool> Connection::EndStream(absl::Status status) {
  const std::string end = EndOfStreamJson(status);
  if (!co_await SendEnvelope(kEndOfStream, end)) co_return false;
  const auto last = http::make_chunk_last();
  error_code error;
  const Link::Patience patience(link_.get(), kWrite);
  co_await asio::async_write(link_->stream(), last, redirect_error(kAwait, error));
  co_return !error;
}

// The answer is the last thing on its connection: a client that has had enough of it closes.
Awaitable<bool> Connection::HandleStream(std::shared_ptr<Call> call, Form form) {
  absl::Status status;
  {
    session::MemoryCharge charge(&site_.incoming);
    std::optional<Message> message;
    bool any = false;
    do {
      status = co_await ReadEnvelope(&message, &charge);
      if (link_->gone() || absl::IsCancelled(status)) co_return false;
      if (!status.ok() || !message) break;
      any = true;
      status = co_await Take(link_.get(), call.get(), message->packed());
    } while (status.ok() && call->gathers());
    if (status.ok() && !any) {
      status = Malformed("there is no request");
    }
  }
  linger_ = !parser_->is_done();
  if (!co_await SendHead(form)) co_return false;
  if (!status.ok()) {
    co_await EndStream(std::move(status));
    co_return false;
  }
  call->Start();
  link_->Watch();
  status = co_await SendAnswers(link_.get(), call.get(),
                                [this](absl::string_view bytes) { return SendEnvelope(0, bytes); });
  if (link_->gone()) co_return false;
  co_await EndStream(std::move(status));
  co_return false;
}

}  // namespace

Awaitable<void> ServeHttp(std::shared_ptr<Link> link, Site* site) {
  Connection connection(std::move(link), site);
  co_await connection.Run();
}

}  // namespace spiked::web
