// Reading out page by page.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/session/limits.h"
#include "server/session/page_token.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

// All pages of a request, each of at most `page_size`.
template <typename Response, typename Request>
std::vector<Response> AllPages(Machine& machine, Request request, uint32_t page_size,
                               absl::Status (Machine::*command)(const Request&, Response*)) {
  std::vector<Response> pages;
  request.set_page_size(page_size);
  do {
    Response response;
    const absl::Status status = (machine.*command)(request, &response);
    EXPECT_TRUE(status.ok()) << status;
    request.set_page_token(response.next_page_token());
    pages.push_back(std::move(response));
  } while (!request.page_token().empty() && pages.size() < 1000);
  return pages;
}

void ExpectTokenRefused(const absl::Status& status, const std::string& reason = "INVALID_FIELD") {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine::ReasonOf(status), reason);
  EXPECT_EQ(engine::FieldOf(status), "page_token");
}
void ExpectStale(const absl::Status& status) { ExpectTokenRefused(status, "STALE_PAGE_TOKEN"); }

TEST(GetSpikesTest, PagesTogetherAreTheWhole) {
  TestMachine machine;
  const auto request = Parse<v1::GetSpikesRequest>("population: 'net/relay' after_ms: 3");
  v1::GetSpikesResponse whole;
  ASSERT_TRUE(machine->GetSpikes(request, &whole).ok());
  // Spikes of one stamp come in the middle of it.
  ASSERT_GE(whole.spikes().times_ms_size(), 7);
  EXPECT_TRUE(whole.next_page_token().empty());
  for (uint32_t page_size = 1; page_size <= 8; ++page_size) {
    v1::Spikes all;
    for (const auto& page : AllPages(*machine, request, page_size, &Machine::GetSpikes)) {
      EXPECT_LE(page.spikes().times_ms_size(), static_cast<int>(page_size));
      all.mutable_times_ms()->MergeFrom(page.spikes().times_ms());
      all.mutable_senders()->MergeFrom(page.spikes().senders());
    }
    all.set_population("net/relay");
    all.set_complete_after_ms(3);
    EXPECT_EQ(Bytes(all), Bytes(whole.spikes())) << page_size;
  }
}

TEST(GetSpikesTest, ReturnsWhatLiesBetweenTheTimes) {
  TestMachine machine;
  v1::GetSpikesResponse all, some, none;
  ASSERT_TRUE(
      machine->GetSpikes(Parse<v1::GetSpikesRequest>("population: 'net/relay'"), &all).ok());
  ASSERT_TRUE(
      machine
          ->GetSpikes(
              Parse<v1::GetSpikesRequest>("population: 'net/relay' after_ms: 2 until_ms: 7"), &some)
          .ok());
  EXPECT_EQ(all.spikes().times_ms(0), 2);
  EXPECT_THAT(some.spikes().times_ms(), ::testing::ElementsAre(2.5, 7, 7));
  ASSERT_TRUE(machine
                  ->GetSpikes(Parse<v1::GetSpikesRequest>(
                                  "population: 'net/relay' after_ms: 1e6 until_ms: 1e7"),
                              &none)
                  .ok());
  EXPECT_THAT(none.spikes().times_ms(), SizeIs(0));
}

TEST(GetSpikesTest, PagesEndWhereNowWasAtTheFirst) {
  TestMachine machine;
  auto request = Parse<v1::GetSpikesRequest>("population: 'net/relay' page_size: 3");
  v1::GetSpikesResponse first, rest;
  ASSERT_TRUE(machine->GetSpikes(request, &first).ok());
  ASSERT_TRUE(Step(*machine, FullStep()).ok());
  request.set_page_token(first.next_page_token());
  request.set_page_size(0);
  ASSERT_TRUE(machine->GetSpikes(request, &rest).ok());
  EXPECT_THAT(rest.spikes().times_ms(), Each(::testing::Le(40)));
  EXPECT_TRUE(rest.next_page_token().empty());
}

TEST(GetSpikesTest, ATokenOfAnotherRequestIsRefused) {
  TestMachine machine;
  auto request = Parse<v1::GetSpikesRequest>("population: 'net/relay' page_size: 3");
  v1::GetSpikesResponse response;
  ASSERT_TRUE(machine->GetSpikes(request, &response).ok());
  request.set_page_token(response.next_page_token());
  auto other = request;
  other.set_population("net/out");
  ExpectTokenRefused(machine->GetSpikes(other, &response));
  other = request;
  other.set_after_ms(1);
  ExpectTokenRefused(machine->GetSpikes(other, &response));
  other = request;
  other.set_until_ms(40);
  ExpectTokenRefused(machine->GetSpikes(other, &response));
  auto weights = Parse<v1::GetWeightsRequest>("projection: 'net/plastic'");
  weights.set_page_token(request.page_token());
  v1::GetWeightsResponse weights_response;
  ExpectTokenRefused(machine->GetWeights(weights, &weights_response));
  EXPECT_TRUE(machine->GetSpikes(request, &response).ok());
}

// A relay that remembers few spikes, or samples, at 10 ms after 100 of them.
class ShortMemoryTest : public ::testing::Test {
 protected:
  ShortMemoryTest() : budget_(uint64_t{1} << 30), machine_("test", 0.1, 7, Limits{}, &budget_) {
    v1::CreateNetworkResponse created;
    EXPECT_TRUE(machine_
                    .CreateNetwork(Parse<v1::CreateNetworkRequest>(R"pb(
                                     network: "n"
                                     specification {
                                       populations {
                                         name: "g"
                                         model: "spike_generator"
                                         size: 2
                                         record_spikes: true
                                         record_limit: 9
                                       }
                                       populations { name: "p" model: "iaf_psc_exp" size: 2 }
                                       multimeters {
                                         name: "m"
                                         population: "p"
                                         variables: "V_m"
                                         interval_ms: 0.1
                                         record_limit: 9
                                       }
                                     })pb"),
                                   Unstopped(), &created)
                    .ok());
    Run(10);
  }

  // Both generators spike in every step.
  void Run(double ms) {
    v1::StepRequest request;
    request.set_duration_ms(ms);
    v1::Input* input = request.add_inputs();
    input->set_population("n/g");
    input->set_relative(true);
    for (int k = 1; k <= 1000; ++k) {
      for (const uint32_t sender : {0, 1}) {
        input->mutable_spike_trains()->add_senders(sender);
        input->mutable_spike_trains()->add_times_ms(k / 10.0);
      }
    }
    EXPECT_TRUE(Step(machine_, request).ok());
  }

  MemoryBudget budget_;
  Machine machine_;
};

TEST_F(ShortMemoryTest, OfForgottenSpikesOnlyTheCompleteRestIsReturned) {
  v1::GetSpikesResponse response;
  ASSERT_TRUE(
      machine_.GetSpikes(Parse<v1::GetSpikesRequest>("population: 'n/g' after_ms: 2"), &response)
          .ok());
  // Nine are kept: four stamps with both, and one with one.
  EXPECT_EQ(response.spikes().complete_after_ms(), 9.6);
  EXPECT_EQ(response.spikes().dropped(), 192u) << "of 200";
  EXPECT_THAT(response.spikes().times_ms(),
              ::testing::ElementsAre(9.7, 9.7, 9.8, 9.8, 9.9, 9.9, 10, 10));
}

TEST_F(ShortMemoryTest, ATokenIsStaleOnceWhatComesNextIsForgotten) {
  auto request = Parse<v1::GetSpikesRequest>("population: 'n/g' page_size: 3");
  v1::GetSpikesResponse response;
  ASSERT_TRUE(machine_.GetSpikes(request, &response).ok());
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(machine_.GetSpikes(request, &response).ok());
  EXPECT_THAT(response.spikes().times_ms(), ::testing::ElementsAre(9.8, 9.9, 9.9));
  EXPECT_EQ(response.spikes().complete_after_ms(), 9.6) << "of the whole, not of the page";
  Run(1);
  ExpectStale(machine_.GetSpikes(request, &response));
}

TEST_F(ShortMemoryTest, SignalsPageFromWhereTheRecordBegins) {
  v1::GetSignalsResponse whole;
  auto request = Parse<v1::GetSignalsRequest>("multimeter: 'n/m'");
  ASSERT_TRUE(machine_.GetSignals(request, &whole).ok());
  EXPECT_EQ(whole.signals().complete_after_ms(), 9.1);
  EXPECT_EQ(whole.signals().dropped(), 91u);
  EXPECT_THAT(whole.signals().times_ms(), SizeIs(9));
  const auto pages = AllPages(machine_, request, 4, &Machine::GetSignals);
  ASSERT_EQ(pages.size(), 5u);
  for (int k = 0; k < 5; ++k) {
    EXPECT_THAT(pages[k].signals().times_ms(), SizeIs(k < 4 ? 2 : 1));
    EXPECT_EQ(pages[k].signals().times_ms(0), whole.signals().times_ms(2 * k));
    EXPECT_EQ(pages[k].signals().neurons(), 2u);
    EXPECT_EQ(pages[k].signals().complete_after_ms(), 9.1);
  }
  request.set_page_token(pages[0].next_page_token());
  request.set_page_size(4);
  Run(1);
  v1::GetSignalsResponse response;
  ExpectStale(machine_.GetSignals(request, &response));
}

TEST(GetSpikesTest, APageMayEndWithinAMultiplicity) {
  MemoryBudget budget(uint64_t{1} << 30);
  Machine machine("test", 0.1, 7, Limits{}, &budget);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(
      machine
          .CreateNetwork(
              Parse<v1::CreateNetworkRequest>(R"pb(
                network: "n"
                specification {
                  populations { name: "g" model: "spike_generator" size: 1 record_spikes: true }
                })pb"),
              Unstopped(), &created)
          .ok());
  auto step = Parse<v1::StepRequest>(
      "duration_ms: 10 inputs { population: 'n/g' } readout { spikes: 'n/g' }");
  v1::SpikeTrains* trains = step.mutable_inputs(0)->mutable_spike_trains();
  for (int ms = 1; ms <= 8; ++ms) {
    trains->add_senders(0);
    trains->add_times_ms(ms);
    trains->add_multiplicities(1'000'000);
  }
  v1::StepResponse stepped;
  ASSERT_TRUE(Step(machine, step, &stepped).ok());
  EXPECT_THAT(stepped.spikes(0).times_ms(), Each(8)) << "the last that an answer can hold";
  EXPECT_EQ(stepped.spikes(0).complete_after_ms(), 8);

  auto request = Parse<v1::GetSpikesRequest>("population: 'n/g' after_ms: 4 page_size: 3");
  for (int page = 0; page < 3; ++page) {
    v1::GetSpikesResponse response;
    ASSERT_TRUE(machine.GetSpikes(request, &response).ok());
    EXPECT_THAT(response.spikes().times_ms(), ::testing::ElementsAre(5, 5, 5));
    EXPECT_THAT(response.spikes().senders(), ::testing::ElementsAre(0, 0, 0));
    request.set_page_token(response.next_page_token());
  }
}

TEST(GetSignalsTest, PagesTogetherAreTheWhole) {
  TestMachine machine;
  const auto request =
      Parse<v1::GetSignalsRequest>("multimeter: 'net/meter' after_ms: 3.5 until_ms: 30");
  v1::GetSignalsResponse whole;
  ASSERT_TRUE(machine->GetSignals(request, &whole).ok());
  EXPECT_THAT(whole.signals().times_ms(), SizeIs(27));
  // A sample has 8 numbers; a page has at least one sample.
  for (const uint32_t page_size : {1, 8, 17, 80, 1000}) {
    v1::Signals all = whole.signals();
    all.clear_times_ms();
    for (auto& signal : *all.mutable_signals()) signal.clear_values();
    for (const auto& page : AllPages(*machine, request, page_size, &Machine::GetSignals)) {
      all.mutable_times_ms()->MergeFrom(page.signals().times_ms());
      for (int v = 0; v < 2; ++v) {
        EXPECT_LE(page.signals().signals(v).values_size() * 2, std::max(8u, page_size));
        all.mutable_signals(v)->mutable_values()->MergeFrom(page.signals().signals(v).values());
      }
    }
    EXPECT_EQ(Bytes(all), Bytes(whole.signals())) << page_size;
  }
}

TEST(GetWeightsTest, PagesTogetherAreTheWhole) {
  TestMachine machine;
  for (const char* projection : {"net/rewarded", "net/plastic"}) {
    v1::GetWeightsRequest request;
    request.set_projection(projection);
    v1::GetWeightsResponse whole;
    ASSERT_TRUE(machine->GetWeights(request, &whole).ok());
    EXPECT_EQ(whole.time_ms(), 40);
    ASSERT_GE(whole.weights().weights_size(), 8);
    for (uint32_t page_size = 1; page_size <= 12; ++page_size) {
      v1::Weights all = whole.weights();
      all.clear_sources();
      all.clear_targets();
      all.clear_weights();
      for (const auto& page : AllPages(*machine, request, page_size, &Machine::GetWeights)) {
        EXPECT_LE(page.weights().weights_size(), static_cast<int>(page_size));
        all.mutable_sources()->MergeFrom(page.weights().sources());
        all.mutable_targets()->MergeFrom(page.weights().targets());
        all.mutable_weights()->MergeFrom(page.weights().weights());
      }
      EXPECT_EQ(Bytes(all), Bytes(whole.weights())) << page_size;
    }
  }
}

TEST(GetWeightsTest, PagesSayAsOfWhenTheyAre) {
  TestMachine machine;
  auto request = Parse<v1::GetWeightsRequest>("projection: 'net/plastic' page_size: 3");
  v1::GetWeightsResponse first, second;
  ASSERT_TRUE(machine->GetWeights(request, &first).ok());
  ASSERT_TRUE(Step(*machine, Parse<v1::StepRequest>("duration_ms: 5")).ok());
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(machine->GetWeights(request, &second).ok());
  EXPECT_EQ(first.time_ms(), 40);
  EXPECT_EQ(second.time_ms(), 45);
  v1::GetWeightsResponse whole;
  ASSERT_TRUE(
      machine->GetWeights(Parse<v1::GetWeightsRequest>("projection: 'net/plastic'"), &whole).ok());
  for (int k = 0; k < 3; ++k) {
    EXPECT_EQ(second.weights().weights(k), whole.weights().weights(3 + k));
  }
}

TEST(GetWeightsTest, ReturnsTheVariablesOfDopaminergicSynapses) {
  MemoryBudget budget(uint64_t{1} << 30);
  Machine machine("test", 0.1, 7, Limits{}, &budget);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(machine
                  .CreateNetwork(Parse<v1::CreateNetworkRequest>(
                                     "network: 'd' preset { name: 'pong/dopamine' }"),
                                 Unstopped(), &created)
                  .ok());
  v1::GetWeightsResponse response;
  ASSERT_TRUE(machine
                  .GetWeights(Parse<v1::GetWeightsRequest>(
                                  "projection: 'd/input_motor' variables: 'n' variables: 'c'"),
                              &response)
                  .ok());
  ASSERT_EQ(response.weights().variables_size(), 2);
  EXPECT_EQ(response.weights().variables(0).name(), "n");
  EXPECT_EQ(response.weights().variables(1).name(), "c");
  EXPECT_THAT(response.weights().variables(1).values(), SizeIs(400));
}

// A token as the server makes them, for that request (see the keys in the code), with
// another first number of its place.
std::string Forged(const std::string& key, const std::string& good, absl::string_view first) {
  const std::string place = *PlaceOf(key, good);
  const size_t comma = place.find(',');
  return MakePageToken(key,
                       absl::StrCat(first, comma == std::string::npos ? "" : place.substr(comma)));
}

TEST(GetSpikesTest, AForgedPlaceIsRefused) {
  TestMachine machine;
  auto request = Parse<v1::GetSpikesRequest>("population: 'net/relay' after_ms: 1 page_size: 1");
  v1::GetSpikesResponse response;
  ASSERT_TRUE(machine->GetSpikes(request, &response).ok());
  const std::string token = response.next_page_token();
  for (const char* first : {"9", "-1", "401", "9223372036854775807"}) {
    request.set_page_token(Forged("spikes\ntest\nnet/relay\n1\nnow", token, first));
    ExpectTokenRefused(machine->GetSpikes(request, &response));
  }
}

TEST(GetSignalsTest, AForgedPlaceIsRefused) {
  TestMachine machine;
  auto request = Parse<v1::GetSignalsRequest>("multimeter: 'net/meter' after_ms: 1 page_size: 1");
  v1::GetSignalsResponse response;
  ASSERT_TRUE(machine->GetSignals(request, &response).ok());
  const std::string token = response.next_page_token();
  for (const char* first : {"9", "-1", "401", "9223372036854775807"}) {
    request.set_page_token(Forged("signals\ntest\nnet/meter\n1\nnow", token, first));
    ExpectTokenRefused(machine->GetSignals(request, &response));
  }
}

TEST(GetWeightsTest, AForgedPlaceIsRefused) {
  TestMachine machine;
  auto request = Parse<v1::GetWeightsRequest>("projection: 'net/plastic' page_size: 3");
  v1::GetWeightsResponse response;
  ASSERT_TRUE(machine->GetWeights(request, &response).ok());
  const std::string key = "weights\ntest\nnet/plastic\n";
  const std::string token = response.next_page_token();
  for (const char* first : {"9", "-1", "9223372036854775807"}) {
    request.set_page_token(Forged(key, token, first));
    ExpectTokenRefused(machine->GetWeights(request, &response));
  }
  request.set_page_token(Forged(key, token, "8"));
  EXPECT_TRUE(machine->GetWeights(request, &response).ok());
  EXPECT_THAT(response.weights().weights(), SizeIs(0));
}

TEST(GetSignalsTest, ASampleThatIsTooLargeForAPageComesInPieces) {
  MemoryBudget budget(uint64_t{1} << 30);
  Machine machine("test", 0.1, 7, Limits{}, &budget);
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(
      machine
          .CreateNetwork(
              Parse<v1::CreateNetworkRequest>(R"pb(
                network: "n"
                specification {
                  populations { name: "p" model: "iaf_psc_exp" size: 120000 }
                  multimeters { name: "m" population: "p" variables: "V_m" variables: "I_syn_ex" }
                })pb"),
              Unstopped(), &created)
          .ok());
  ASSERT_TRUE(Step(machine, Parse<v1::StepRequest>("duration_ms: 2")).ok());
  v1::GetSignalsRequest request;
  request.set_multimeter("n/m");
  std::vector<std::pair<double, uint32_t>> pieces;
  uint32_t neurons = 0;
  do {
    v1::GetSignalsResponse response;
    ASSERT_TRUE(machine.GetSignals(request, &response).ok());
    const v1::Signals& signals = response.signals();
    EXPECT_LE(response.ByteSizeLong(), kMaxReplyBytes);
    ASSERT_EQ(signals.times_ms_size(), 1);
    ASSERT_EQ(signals.signals(1).values_size(), static_cast<int>(signals.neurons()));
    pieces.emplace_back(signals.times_ms(0), signals.first_neuron());
    neurons += signals.neurons();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(pieces, ::testing::ElementsAre(std::pair(1, 0), std::pair(1, 100'000),
                                             std::pair(2, 0), std::pair(2, 100'000)));
  EXPECT_EQ(neurons, 2u * 120'000);
}

}  // namespace
}  // namespace spiked::session
