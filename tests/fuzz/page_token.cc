// Tokens of listings. Half of them are made as the server makes them, with a place that
// it would never have come to.
#include "server/session/page_token.h"

#include "tests/fuzz/harness.h"

namespace spiked::fuzz {
namespace {

// Asks for a page, and for those that follow while there are some.
template <typename Request, typename Response>
void Ask(SmallMachine& machine, Request request) {
  for (int pages = 0; pages < 8; ++pages) {
    Response response;
    if (!machine.Carry(request, &response) || response.next_page_token().empty()) return;
    request.set_page_token(response.next_page_token());
  }
}

SmallMachine& Session() {
  static SmallMachine& machine = *[] {
    auto* made = new SmallMachine;
    v1::CreateNetworkResponse created;
    Require(made->Carry(session::SmallNetwork(), &created), "the network is built");
    v1::StepResponse stepped;
    for (int k = 0; k < 3; ++k) Require(made->Carry(session::FullStep(), &stepped), "it steps");
    return made;
  }();
  return machine;
}

// What ties tokens to a listing, if they are made like the one that the listing answers
// with.
template <typename Request, typename Response>
std::string KeyOf(const Request& request, const std::string& key, size_t numbers) {
  Response response;
  Require(Session().Carry(request, &response), "a page is answered");
  Require(session::NumbersOf(key, response.next_page_token(), numbers).ok(), "keys are like this");
  return key;
}

}  // namespace
}  // namespace spiked::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spiked;
  if (size == 0) return 0;
  const bool forged = (data[0] & 1) != 0;
  const unsigned listing = data[0] >> 1 & 3;
  const std::string rest(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto token = [&](const std::string& key) {
    return forged ? session::MakePageToken(key, rest) : rest;
  };
  v1::GetSpikesRequest spikes;
  spikes.set_population("net/relay");
  spikes.set_page_size(1);
  v1::GetSignalsRequest signals;
  signals.set_multimeter("net/meter");
  signals.set_page_size(3);
  v1::GetWeightsRequest weights;
  weights.set_projection("net/rewarded");
  weights.set_page_size(1);
  if (listing == 0) {
    static const auto& key =
        *new std::string(fuzz::KeyOf<v1::GetSpikesRequest, v1::GetSpikesResponse>(
            spikes, "spikes\nfuzz\nnet/relay\n0\nnow", 3));
    spikes.set_page_token(token(key));
    fuzz::Ask<v1::GetSpikesRequest, v1::GetSpikesResponse>(fuzz::Session(), spikes);
  } else if (listing == 1) {
    static const auto& key =
        *new std::string(fuzz::KeyOf<v1::GetSignalsRequest, v1::GetSignalsResponse>(
            signals, "signals\nfuzz\nnet/meter\n0\nnow", 3));
    signals.set_page_token(token(key));
    fuzz::Ask<v1::GetSignalsRequest, v1::GetSignalsResponse>(fuzz::Session(), signals);
  } else if (listing == 2) {
    static const auto& key =
        *new std::string(fuzz::KeyOf<v1::GetWeightsRequest, v1::GetWeightsResponse>(
            weights, "weights\nfuzz\nnet/rewarded\n", 1));
    weights.set_page_token(token(key));
    fuzz::Ask<v1::GetWeightsRequest, v1::GetWeightsResponse>(fuzz::Session(), weights);
  } else {
    static session::Registry& registry = *[] {
      auto* made = new session::Registry(fuzz::SmallLimits(), 1);
      for (const char* id : {"a", "b", "c"}) {
        v1::CreateSessionRequest create;
        create.set_session_id(id);
        v1::CreateSessionResponse created;
        fuzz::Require(made->Create(create, session::CallerOf(*made), &created).ok(), "created");
      }
      return made;
    }();
    v1::ListSessionsRequest list;
    list.set_page_size(1);
    list.set_page_token(token("sessions"));
    for (int pages = 0; pages < 5; ++pages) {
      v1::ListSessionsResponse response;
      const auto status = registry.List(list, session::CallerOf(registry), &response);
      if (!status.ok() || response.next_page_token().empty()) break;
      fuzz::Require(pages < 4, "a listing ends");
      list.set_page_token(response.next_page_token());
    }
  }
  return 0;
}
