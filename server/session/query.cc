#include "server/session/query.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/session/address.h"
#include "server/session/columns.h"
#include "server/session/limits.h"
#include "server/session/page_token.h"
#include "server/session/time_field.h"

namespace spiked::session {
namespace {

using engine::Step;

constexpr uint32_t kMaxSpikes = 100'000;
constexpr uint32_t kMaxSignalNumbers = 200'000;
constexpr uint32_t kMaxSynapses = 100'000;

absl::StatusOr<uint32_t> PageSize(uint32_t asked, uint32_t most) {
  if (asked > most) {
    return engine::InvalidField("page_size",
                                absl::StrCat("must be at most ", most, ", not ", asked));
  }
  return asked == 0 ? most : asked;
}

// Record times in (after, until].
struct Window {
  Step after;
  Step until;
};

template <typename Request>
absl::StatusOr<Window> WindowOf(const Request& request, const engine::Simulation& simulation) {
  const auto after = TimeField(request.after_ms(), simulation.grid(), "after_ms");
  if (!after.ok()) return after.status();
  Window window{.after = *after, .until = simulation.now()};
  if (request.has_until_ms()) {
    const auto until = TimeField(request.until_ms(), simulation.grid(), "until_ms");
    if (!until.ok()) return until.status();
    window.until = std::min(window.until, *until);
  }
  return window;
}

// What makes a request for spikes or signals the same as the one before.
template <typename Request>
std::string RequestKey(absl::string_view what, const QueryContext& context,
                       absl::string_view address, const Request& request) {
  return absl::StrCat(what, "\n", context.identity, "\n", address, "\n",
                      engine::ToText(request.after_ms()), "\n",
                      request.has_until_ms() ? engine::ToText(request.until_ms()) : "now");
}

absl::Status Forgotten() {
  return StalePageToken("what comes next has been forgotten, as the record is full");
}

}  // namespace

absl::Status GetSpikes(const QueryContext& context, const v1::GetSpikesRequest& request,
                       v1::GetSpikesResponse* response) {
  const auto part = FindRecordedPopulation(context.simulation, request.population());
  if (!part.ok()) return engine::Within("population", part.status());
  auto window = WindowOf(request, context.simulation);
  if (!window.ok()) return window.status();
  const auto page_size = PageSize(request.page_size(), kMaxSpikes);
  if (!page_size.ok()) return page_size.status();

  // A page may end between spikes of one stamp, so a place is a time and the
  // number of spikes after it that have been returned. The first page settles
  // what "up to now" means.
  const std::string key = RequestKey("spikes", context, request.population(), request);
  const Step asked_after = window->after;
  uint64_t first = 0;
  if (!request.page_token().empty()) {
    const auto place = NumbersOf(key, request.page_token(), 3);
    if (!place.ok()) return place.status();
    const auto [after, returned, until] = std::array{(*place)[0], (*place)[1], (*place)[2]};
    if (after < window->after || after > until || until > window->until || returned < 0) {
      return NotOfThisRequest();
    }
    *window = {.after = after, .until = until};
    first = static_cast<uint64_t>(returned);
  }
  const engine::SpikeView view =
      part->network->Spikes(part->handle, window->after, std::max(window->after, window->until));
  if (!request.page_token().empty() && view.complete_after() > window->after) return Forgotten();

  // Of a stamp that is forgotten in part nothing is returned: places within it
  // would shift.
  first = std::min(first + view.CountUntil(view.complete_after()), view.size());
  const uint64_t last = first + std::min<uint64_t>(*page_size, view.size() - first);
  const uint64_t dropped = view.complete_after() > asked_after
                               ? view.forgotten() + view.CountUntil(view.complete_after())
                               : 0;
  FillSpikes(request.population(), view, first, last - first, asked_after, dropped,
             context.simulation.grid(), response->mutable_spikes());
  if (last < view.size()) {
    // All spikes of the stamp before the one that the next page begins with
    // have been returned, as has the beginning of that stamp.
    const Step before = view.stamp(last) - 1;
    const auto returned = static_cast<int64_t>(last - view.CountUntil(before));
    response->set_next_page_token(
        MakePageToken(key, std::array<int64_t, 3>{before, returned, window->until}));
  }
  return absl::OkStatus();
}

absl::Status GetSignals(const QueryContext& context, const v1::GetSignalsRequest& request,
                        v1::GetSignalsResponse* response) {
  const auto part = FindPart(context.simulation, PartKind::kMultimeter, request.multimeter());
  if (!part.ok()) return engine::Within("multimeter", part.status());
  auto window = WindowOf(request, context.simulation);
  if (!window.ok()) return window.status();
  const auto page_size = PageSize(request.page_size(), kMaxSignalNumbers);
  if (!page_size.ok()) return page_size.status();

  const std::string key = RequestKey("signals", context, request.multimeter(), request);
  const Step asked_after = window->after;
  if (!request.page_token().empty()) {
    const auto place = NumbersOf(key, request.page_token(), 2);
    if (!place.ok()) return place.status();
    const auto [after, until] = std::array{(*place)[0], (*place)[1]};
    if (after < window->after || after > until || until > window->until) {
      return NotOfThisRequest();
    }
    *window = {.after = after, .until = until};
  }
  // Nothing was sampled before the record begins.
  const engine::Network& network = *part->network;
  const Step recorded_after =
      std::max(network.begin(),
               network.Signals(part->handle, window->after, window->after).complete_after());
  if (!request.page_token().empty() && recorded_after > window->after) return Forgotten();
  window->after = std::max(window->after, recorded_after);
  window->until = std::max(window->after, window->until);

  // Samples are an interval apart, so a span of time bounds their number, and
  // with it what is copied.
  const auto& multimeter = network.multimeters()[part->handle];
  const uint64_t numbers_per_sample =
      std::max<uint64_t>(1, uint64_t{multimeter.neurons} * multimeter.variables.size());
  const Step samples = std::min(std::max<Step>(1, *page_size / numbers_per_sample),
                                (window->until - window->after) / multimeter.interval + 1);
  const Step page_until = std::min(window->until, window->after + samples * multimeter.interval);
  FillSignals(request.multimeter(), multimeter,
              network.Signals(part->handle, window->after, page_until), asked_after,
              context.simulation.grid(), response->mutable_signals());
  if (page_until < window->until) {
    response->set_next_page_token(
        MakePageToken(key, std::array<int64_t, 2>{page_until, window->until}));
  }
  return absl::OkStatus();
}

absl::Status GetWeights(const QueryContext& context, const v1::GetWeightsRequest& request,
                        v1::GetWeightsResponse* response) {
  const auto part = FindPart(context.simulation, PartKind::kProjection, request.projection());
  if (!part.ok()) return engine::Within("projection", part.status());
  const auto page_size = PageSize(request.page_size(), kMaxSynapses);
  if (!page_size.ok()) return page_size.status();
  const std::vector<std::string> variables(request.variables().begin(), request.variables().end());
  std::set<absl::string_view> seen;
  for (size_t k = 0; k < variables.size(); ++k) {
    if (!seen.insert(variables[k]).second) {
      return engine::InvalidField(absl::StrCat("variables[", k, "]"), "is asked for twice");
    }
  }

  const auto& projection = part->network->projections()[part->handle];
  std::string key = absl::StrCat("weights\n", context.identity, "\n", request.projection(), "\n");
  for (const std::string& variable : variables) absl::StrAppend(&key, variable, "\n");
  if (request.delays()) absl::StrAppend(&key, "\ndelays");
  uint64_t first = 0;
  if (!request.page_token().empty()) {
    const auto place = NumbersOf(key, request.page_token(), 2);
    if (!place.ok()) return place.status();
    if (static_cast<uint64_t>((*place)[1]) != context.revision) {
      return StalePageToken("the weights may have changed since the first page");
    }
    first = static_cast<uint64_t>((*place)[0]);
    if (first > projection.synapses) return NotOfThisRequest();
  }
  const uint64_t most =
      kMaxReplyBytes / BytesPerSynapse(projection, variables.size() + (request.delays() ? 1 : 0));
  const uint64_t count =
      std::min({uint64_t{*page_size}, std::max<uint64_t>(1, most), projection.synapses - first});
  if (absl::Status status = FillWeights(request.projection(), *part, first, count, variables,
                                        response->mutable_weights());
      !status.ok()) {
    return status;
  }
  if (request.delays()) {
    for (const engine::Step delay : part->network->Delays(part->handle, first, count)) {
      response->mutable_weights()->add_delays_ms(context.simulation.grid().ToMs(delay));
    }
  }
  response->set_time_ms(context.simulation.now_ms());
  if (first + count < projection.synapses) {
    response->set_next_page_token(
        MakePageToken(key, std::array<int64_t, 2>{static_cast<int64_t>(first + count),
                                                  static_cast<int64_t>(context.revision)}));
  }
  return absl::OkStatus();
}

}  // namespace spiked::session
