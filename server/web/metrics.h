// What a server counts and measures, in the form of Prometheus.
#pragma once

#include <string>
#include <vector>

#include "prometheus/metric_family.h"
#include "server/session/registry.h"

namespace spiked::web {

// As of now. Of accounts, those with the most sessions have metrics of their own, the
// rest count as `(others)`.
std::vector<prometheus::MetricFamily> MetricsOf(const session::Registry& registry);

// The same as text, of this type.
inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
std::string MetricsText(const session::Registry& registry);

}  // namespace spiked::web
