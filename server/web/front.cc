#include "server/web/front.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/access/private_file.h"
#include "server/net/acceptor.h"
#include "server/net/listen_check.h"
#include "server/web/http.h"
#include "server/web/link.h"
#include "server/web/site.h"
#include "spdlog/spdlog.h"

namespace spiked::web {
namespace {

// A thread that carries a first slice out cannot look after others meanwhile.
constexpr int kThreads = 2;
// How often the files of the encryption are looked at.
constexpr auto kRefresh = std::chrono::seconds(1);
// How long answers may take to get out when the server stops.
constexpr auto kGrace = std::chrono::milliseconds(500);

using Context = std::shared_ptr<asio::ssl::context>;

// Null if the files cannot be used.
Context NewContext(const net::TlsFiles& files) {
  try {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                         asio::ssl::context::no_tlsv1_1 | SSL_OP_NO_RENEGOTIATION);
    context->use_certificate_chain_file(files.certificate);
    context->use_private_key_file(files.key, asio::ssl::context::pem);
    if (!files.client_ca.empty()) {
      context->load_verify_file(files.client_ca);
      context->set_verify_mode(asio::ssl::verify_peer);
      constexpr unsigned char kId[] = "spiked";
      SSL_CTX_set_session_id_context(context->native_handle(), kId, sizeof kId - 1);
    }
    return context;
  } catch (const std::exception& error) {
    spdlog::warn("web: the certificate cannot be read: {}", error.what());
    return nullptr;
  }
}

// The context for new connections, made anew when the files have changed. On one thread.
class Encryption {
 public:
  explicit Encryption(net::TlsFiles files)
      : files_(std::move(files)),
        watches_{access::FileWatch(files_.certificate), access::FileWatch(files_.key),
                 access::FileWatch(files_.client_ca)},
        context_(NewContext(files_)) {}

  Context context() {
    const auto now = Clock::now();
    if (now < looked_ + kRefresh) return context_;
    looked_ = now;
    bool changed = false;
    for (access::FileWatch& watch : watches_) changed = watch.Changed() || changed;
    if (changed) stale_ = true;
    // Files that do not belong together will, in a moment.
    if (stale_ && net::CheckTls(files_).ok()) {
      if (Context fresh = NewContext(files_)) {
        context_ = std::move(fresh);
        stale_ = false;
      }
    }
    return context_;
  }

 private:
  const net::TlsFiles files_;
  std::vector<access::FileWatch> watches_;
  Context context_;
  bool stale_ = false;
  Clock::time_point looked_ = Clock::now();
};

absl::Status CannotListen(const net::ListenAddress& address, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(), ": ", why));
}

absl::StatusOr<Page> ReadPage(const std::string& folder) {
  const std::string from = folder.empty() ? DefaultPageFolder() : folder;
  if (from.empty()) return Page();
  return Page::Read(from);
}

}  // namespace

class Front::Impl {
 public:
  Impl(const FrontOptions& options, Page page, session::Registry* registry)
      : address_(options.address), site_(registry, std::move(page)) {
    if (!options.tls.empty()) encryption_.emplace(options.tls);
    site_.secure = encryption_.has_value();
    site_.metrics = options.metrics;
  }
  ~Impl();

  absl::Status Start();
  const net::ListenAddress& address() const { return address_; }
  void EndStreams();
  void Close();
  void Drain();

 private:
  // Takes a connection; on the acceptor's thread.
  void Welcome(int fd);
  void ForAll(void (Link::*what)());

  net::ListenAddress address_;
  Site site_;
  std::optional<Encryption> encryption_;
  asio::io_context context_{kThreads};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> threads_;
  net::Acceptor acceptor_;

  std::mutex mutex_;
  std::condition_variable none_;  // no links
  absl::flat_hash_set<Link*> links_;
  bool ending_streams_ = false, closed_ = false;
  Clock::time_point closed_at_;
};

absl::Status Front::Impl::Start() {
  absl::Status status = net::PrepareToListen(address_);
  if (status.ok()) status = acceptor_.Listen(address_);
  if (!status.ok()) return CannotListen(address_, status.message());
  // Cookies know no ports.
  site_.cookie = absl::StrCat("spiked-", address_.port);
  work_.emplace(context_.get_executor());
  for (int k = 0; k < kThreads; ++k) {
    threads_.emplace_back([this] {
      for (;;) {
        try {
          context_.run();
          return;
        } catch (const std::exception& error) {
          spdlog::error("web: {}", error.what());
        }
      }
    });
  }
  return acceptor_.Start([this](int fd, bool /*tcp*/) { Welcome(fd); });
}

void Front::Impl::Welcome(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  Socket socket(asio::make_strand(context_));
  error_code error;
  socket.assign(storage.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd,
                error);
  if (error) {
    close(fd);
    return;
  }
  const auto link = std::make_shared<Link>(
      std::move(socket), encryption_ ? encryption_->context() : nullptr, [this](Link* gone) {
        std::lock_guard lock(mutex_);
        links_.erase(gone);
        if (links_.empty()) none_.notify_all();
      });
  {
    std::lock_guard lock(mutex_);
    links_.insert(link.get());
    if (ending_streams_) link->EndStreams();
    if (closed_) link->Close();
  }
  asio::co_spawn(
      link->executor(), [link, this] { return ServeHttp(link, &site_); }, asio::detached);
}

void Front::Impl::ForAll(void (Link::*what)()) {
  std::vector<std::shared_ptr<Link>> all;  // gone when the mutex is free again
  std::lock_guard lock(mutex_);
  for (Link* const link : links_) {
    // One that is going waits for the mutex to say so.
    if (auto kept = link->weak_from_this().lock()) all.push_back(std::move(kept));
  }
  for (const auto& link : all) ((*link).*what)();
}

void Front::Impl::EndStreams() {
  site_.ending = true;
  {
    std::lock_guard lock(mutex_);
    ending_streams_ = true;
  }
  ForAll(&Link::EndStreams);
}

void Front::Impl::Close() {
  acceptor_.Stop();
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    closed_at_ = Clock::now();
  }
  ForAll(&Link::Close);
}

void Front::Impl::Drain() {
  bool all = false;
  {
    std::unique_lock lock(mutex_);
    all = none_.wait_until(lock, closed_at_ + kGrace, [this] { return links_.empty(); });
  }
  if (!all) ForAll(&Link::Abort);
  {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return links_.empty(); });
  }
  work_.reset();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Front::Impl::~Impl() {
  EndStreams();
  Close();
  Drain();
}

absl::Status Front::Check(const FrontOptions& options) { return ReadPage(options.files).status(); }

absl::StatusOr<std::unique_ptr<Front>> Front::Start(const FrontOptions& options,
                                                    session::Registry* registry) {
  auto page = ReadPage(options.files);
  if (!page.ok()) return page.status();
  auto impl = std::make_unique<Impl>(options, *std::move(page), registry);
  if (absl::Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Front>(new Front(std::move(impl)));
}

Front::Front(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Front::~Front() = default;

const net::ListenAddress& Front::address() const { return impl_->address(); }
void Front::EndStreams() { impl_->EndStreams(); }
void Front::Close() { impl_->Close(); }
void Front::Drain() { impl_->Drain(); }

}  // namespace spiked::web
