#include "server/web/metrics_server.h"

#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "server/web/metrics.h"

namespace spiked::web {
namespace {

// Whoever scrapes comes seldom, and one after the other.
constexpr size_t kThreads = 2;

}  // namespace

class MetricsServer::Impl final : public prometheus::Collectable {
 public:
  Impl(const std::string& address, const session::Registry* registry)
      : registry_(*registry), exposer_(address, kThreads) {}

  std::vector<prometheus::MetricFamily> Collect() const override { return MetricsOf(registry_); }

  prometheus::Exposer& exposer() { return exposer_; }

 private:
  const session::Registry& registry_;
  prometheus::Exposer exposer_;
};

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& address, const session::Registry* registry) {
  // Its library tells by exceptions.
  try {
    return std::unique_ptr<MetricsServer>(
        new MetricsServer(std::make_shared<Impl>(address, registry)));
  } catch (const std::exception&) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, " for those who ask for metrics"));
  }
}

MetricsServer::MetricsServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->exposer().RegisterCollectable(impl_);
}
MetricsServer::~MetricsServer() = default;

int MetricsServer::port() const { return impl_->exposer().GetListeningPorts().front(); }

}  // namespace spiked::web
