#include "server/session/query.h"

#include <algorithm>
#include <array>

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

// Where a page of a record begins of which several entries may have one stamp: a
// time and the number of entries after it that have been returned. The first page
// settles what "up to now" means.
struct Place {
  Step after, until;
  uint64_t returned = 0;
  Step asked_after;
  bool later;  // than the first page
};

template <typename Request>
absl::StatusOr<Place> PlaceWithin(const std::string& key, const QueryContext& context,
                                  const Request& request) {
  const auto window = WindowOf(request, context.simulation);
  if (!window.ok()) return window.status();
  Place place = {.after = window->after,
                 .until = std::max(window->after, window->until),
                 .asked_after = window->after,
                 .later = !request.page_token().empty()};
  if (!place.later) return place;
  const auto numbers = NumbersOf(key, request.page_token(), 3);
  if (!numbers.ok()) return numbers.status();
  const auto [after, returned, until] = std::array{(*numbers)[0], (*numbers)[1], (*numbers)[2]};
  if (after < window->after || after > until || until > window->until || returned < 0) {
    return NotOfThisRequest();
  }
  place.after = after;
  place.until = until;
  place.returned = static_cast<uint64_t>(returned);
  return place;
}

// Entries [first, first + count) of a view onto a record.
struct Page {
  uint64_t first, count, dropped;
};

template <typename CountUntil>
absl::StatusOr<Page> PageOf(Step complete_after, uint64_t forgotten, uint64_t size,
                            uint32_t page_size, const CountUntil& count_until, const Place& place) {
  if (place.later && complete_after > place.after) return Forgotten();
  // Of a stamp that is forgotten in part nothing is returned: places within it
  // would shift.
  const uint64_t lost = count_until(complete_after);
  const uint64_t first = std::min(place.returned + lost, size);
  return Page{.first = first,
              .count = std::min<uint64_t>(page_size, size - first),
              .dropped = complete_after > place.asked_after ? forgotten + lost : 0};
}

// Goes on with entry `next`, which has that stamp: all of the stamp before have been
// returned, as has the beginning of that stamp.
template <typename CountUntil>
std::string TokenOf(const std::string& key, Step stamp, uint64_t next, const Place& place,
                    const CountUntil& count_until) {
  const Step before = stamp - 1;
  const auto returned = static_cast<int64_t>(next - count_until(before));
  return MakePageToken(key, std::array<int64_t, 3>{before, returned, place.until});
}

}  // namespace

absl::StatusOr<uint32_t> PageSize(uint32_t asked, uint32_t most) {
  if (asked > most) {
    return engine::InvalidField("page_size",
                                absl::StrCat("must be at most ", most, ", not ", asked));
  }
  return asked == 0 ? most : asked;
}

absl::Status GetSpikes(const QueryContext& context, const v1::GetSpikesRequest& request,
                       v1::GetSpikesResponse* response) {
  const auto part = FindRecordedPopulation(context.simulation, request.population());
  if (!part.ok()) return engine::Within("population", part.status());
  const auto page_size = PageSize(request.page_size(), kMaxSpikes);
  if (!page_size.ok()) return page_size.status();
  const std::string key = RequestKey("spikes", context, request.population(), request);
  auto place = PlaceWithin(key, context, request);
  if (!place.ok()) return place.status();
  const engine::SpikeView view = part->network->Spikes(part->handle, place->after, place->until);
  const auto count_until = [&](Step stamp) { return view.CountUntil(stamp); };
  const auto page =
      PageOf(view.complete_after(), view.forgotten(), view.size(), *page_size, count_until, *place);
  if (!page.ok()) return page.status();
  FillSpikes(request.population(), view, page->first, page->count, place->asked_after,
             page->dropped, context.simulation.grid(), response->mutable_spikes());
  if (const uint64_t next = page->first + page->count; next < view.size()) {
    response->set_next_page_token(TokenOf(key, view.stamp(next), next, *place, count_until));
  }
  return absl::OkStatus();
}

absl::Status GetWeightRecord(const QueryContext& context, const v1::GetWeightRecordRequest& request,
                             v1::GetWeightRecordResponse* response) {
  const auto part = FindRecordedProjection(context.simulation, request.projection());
  if (!part.ok()) return engine::Within("projection", part.status());
  const auto page_size = PageSize(request.page_size(), kMaxSpikes);
  if (!page_size.ok()) return page_size.status();
  const std::string key = RequestKey("weight record", context, request.projection(), request);
  auto place = PlaceWithin(key, context, request);
  if (!place.ok()) return place.status();
  const engine::WeightRecordView view =
      part->network->TransmittedWeights(part->handle, place->after, place->until);
  const auto count_until = [&](Step stamp) { return view.CountUntil(stamp); };
  const auto page = PageOf(view.complete_after, view.forgotten, view.stamps.size(), *page_size,
                           count_until, *place);
  if (!page.ok()) return page.status();
  FillWeightRecord(request.projection(), *part, view, page->first, page->count, place->asked_after,
                   page->dropped, context.simulation.grid(), response->mutable_record());
  if (const uint64_t next = page->first + page->count; next < view.stamps.size()) {
    response->set_next_page_token(TokenOf(key, view.stamps[next], next, *place, count_until));
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

  // A place is a time and, where the sample after it is returned in pieces, the
  // first neuron of the next piece.
  const std::string key = RequestKey("signals", context, request.multimeter(), request);
  const Step asked_after = window->after;
  const engine::Network& network = *part->network;
  const auto& multimeter = network.multimeters()[part->handle];
  engine::NeuronRange neurons{.first = 0, .count = multimeter.neurons};
  if (!request.page_token().empty()) {
    const auto place = NumbersOf(key, request.page_token(), 3);
    if (!place.ok()) return place.status();
    const auto [after, until, first] = std::array{(*place)[0], (*place)[1], (*place)[2]};
    if (after < window->after || after > until || until > window->until || first < 0 ||
        (first > 0 && first >= multimeter.neurons)) {
      return NotOfThisRequest();
    }
    *window = {.after = after, .until = until};
    neurons.first = static_cast<uint32_t>(first);
  }
  // Nothing was sampled before the record begins.
  const Step recorded_after =
      std::max(network.begin(),
               network.Signals(part->handle, window->after, window->after).complete_after());
  if (!request.page_token().empty() && recorded_after > window->after) return Forgotten();
  window->after = std::max(window->after, recorded_after);
  window->until = std::max(window->after, window->until);

  const uint64_t variables = std::max<uint64_t>(1, multimeter.variables.size());
  const uint64_t numbers_per_sample = std::max<uint64_t>(1, multimeter.neurons * variables);
  const bool in_pieces = numbers_per_sample > kMaxSignalNumbers;
  // Samples are an interval apart, so a span of time bounds their number, and
  // with it what is copied.
  const Step samples = std::min(std::max<Step>(1, *page_size / numbers_per_sample),
                                (window->until - window->after) / multimeter.interval + 1);
  const Step page_until = std::min(window->until, window->after + samples * multimeter.interval);
  const engine::SignalView view = network.Signals(part->handle, window->after, page_until);
  const auto piece = static_cast<uint32_t>(std::max<uint64_t>(1, kMaxSignalNumbers / variables));
  neurons.count = multimeter.neurons - neurons.first;
  if (in_pieces) neurons.count = std::min(neurons.count, piece);
  FillSignals(request.multimeter(), multimeter, view, neurons, asked_after,
              context.simulation.grid(), response->mutable_signals());
  // Where there is no sample there are no pieces of it.
  const uint32_t next = view.times().empty() ? 0 : neurons.first + neurons.count;
  if (next > 0 && next < multimeter.neurons) {
    response->set_next_page_token(
        MakePageToken(key, std::array<int64_t, 3>{window->after, window->until, next}));
  } else if (page_until < window->until) {
    response->set_next_page_token(
        MakePageToken(key, std::array<int64_t, 3>{page_until, window->until, 0}));
  }
  return absl::OkStatus();
}

}  // namespace spiked::session
