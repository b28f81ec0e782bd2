// The C++ client library against the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/input.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

using ::spiked::testing::ServerProcess;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A generator, a neuron that it makes fire, and a voltmeter.
v1::NetworkSpecification SmallNetwork() {
  v1::NetworkSpecification specification;
  v1::Population& input = *specification.add_populations();
  input.set_name("input");
  input.set_model("spike_generator");
  input.set_size(1);
  v1::Population& neurons = *specification.add_populations();
  neurons.set_name("neurons");
  neurons.set_model("iaf_psc_exp");
  neurons.set_size(3);
  neurons.set_record_spikes(true);
  v1::Projection& projection = *specification.add_projections();
  projection.set_name("input_neurons");
  projection.set_source("input");
  projection.set_target("neurons");
  projection.mutable_rule()->mutable_all_to_all();
  *projection.mutable_weight() = client::Numbers({3000.0, 4000.0, 5000.0});
  v1::Multimeter& meter = *specification.add_multimeters();
  meter.set_name("voltmeter");
  meter.set_population("neurons");
  meter.add_variables("V_m");
  return specification;
}

class ClientLibraryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Start().ok()) << server_.Log();
    auto client = server_.Connect();
    ASSERT_TRUE(client.ok()) << client.status();
    client_.emplace(*std::move(client));
  }

  // A session with the small network in it, called `net`.
  client::Session SmallSession() {
    auto session = client_->CreateSession({.seed = 1});
    EXPECT_TRUE(session.ok()) << session.status();
    const auto network = session->CreateNetwork("net", SmallNetwork());
    EXPECT_TRUE(network.ok()) << network.status();
    return *session;
  }

  ServerProcess server_;
  std::optional<client::Client> client_;
};

TEST_F(ClientLibraryTest, KnowsTheInstanceOfTheServer) {
  const auto info = client_->GetServerInfo();
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_THAT(client_->instance(), Not(IsEmpty()));
  EXPECT_EQ(client_->instance(), info->instance_id());
}

TEST_F(ClientLibraryTest, NoticesThatTheServerHasRestarted) {
  const std::string before = client_->instance();
  ASSERT_EQ(server_.Stop(), 0) << server_.Log();
  ASSERT_TRUE(server_.Start().ok()) << server_.Log();
  // The old connection finds the new server by itself.
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!client_->GetServerInfo().ok()) {
    ASSERT_LT(absl::Now(), deadline);
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_NE(client_->instance(), before);
}

TEST_F(ClientLibraryTest, ReadsTheCatalogue) {
  const auto models = client_->ListModels();
  ASSERT_TRUE(models.ok()) << models.status();
  EXPECT_GT(models->size(), 5u);
  const auto presets = client_->ListPresets();
  ASSERT_TRUE(presets.ok()) << presets.status();
  EXPECT_GE(presets->size(), 2u);
}

TEST_F(ClientLibraryTest, CreatesAttachesListsAndDeletesSessions) {
  auto created = client_->CreateSession({.id = "one", .display_name = "First", .seed = 42});
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->name(), "sessions/one");
  for (const char* name : {"one", "sessions/one"}) {
    auto attached = client_->AttachSession(name);
    ASSERT_TRUE(attached.ok()) << attached.status();
    const auto session = attached->Get();
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_EQ(session->display_name(), "First");
    EXPECT_EQ(session->seed(), 42u);
    EXPECT_EQ(session->resolution_ms(), 0.1);
  }
  EXPECT_THAT(*client_->ListSessions(), SizeIs(1));
  EXPECT_TRUE(created->Delete().ok());
  EXPECT_THAT(*client_->ListSessions(), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(client_->AttachSession("one").status()));
}

TEST_F(ClientLibraryTest, ListsMoreSessionsThanOnePageHolds) {
  for (int k = 0; k < 120; ++k) ASSERT_TRUE(client_->CreateSession().ok());
  EXPECT_THAT(*client_->ListSessions(), SizeIs(120));
}

TEST_F(ClientLibraryTest, DrivesANetworkAndReadsItsSpikes) {
  client::Session session = SmallSession();
  const auto time = session.SetInput({client::SpikeTrain("net/input", 0, {10.0, 50.0})});
  ASSERT_TRUE(time.ok()) << time.status();
  EXPECT_EQ(*time, 0.0);
  const auto step = session.Step(100.0);
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_EQ(step->time_ms(), 100.0);

  const auto spikes = session.GetSpikes("net/neurons");
  ASSERT_TRUE(spikes.ok()) << spikes.status();
  EXPECT_GE(spikes->times_ms.size(), 6u) << "each input spike makes all three fire";
  EXPECT_EQ(spikes->times_ms.size(), spikes->senders.size());
  EXPECT_GT(spikes->times_ms.front(), 11.0);
  const auto later = session.GetSpikes("net/neurons", 40.0, 100.0);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_THAT(later->times_ms, Not(IsEmpty()));
  EXPECT_THAT(later->times_ms, Each(::testing::Gt(50.0)));
}

TEST_F(ClientLibraryTest, ReadsSignals) {
  client::Session session = SmallSession();
  ASSERT_TRUE(session.Step(500.0).ok());
  const auto signals = session.GetSignals("net/voltmeter", 100.0);
  ASSERT_TRUE(signals.ok()) << signals.status();
  EXPECT_EQ(signals->neurons, 3u);
  EXPECT_EQ(signals->values.at("V_m").size(), 3 * signals->times_ms.size());
  EXPECT_EQ(signals->times_ms.front(), 101.0);
  EXPECT_THAT(signals->values.at("V_m"), Each(-70.0));
}

// A session in which the network keeps three spikes and two samples, and has had
// more.
class ForgetfulSessionTest : public ClientLibraryTest {
 protected:
  void SetUp() override {
    ClientLibraryTest::SetUp();
    auto session = client_->CreateSession({.seed = 1});
    ASSERT_TRUE(session.ok()) << session.status();
    v1::NetworkSpecification specification = SmallNetwork();
    specification.mutable_populations(1)->set_record_limit(3);
    specification.mutable_multimeters(0)->set_record_limit(2);
    ASSERT_TRUE(session->CreateNetwork("net", specification).ok());
    ASSERT_TRUE(session->SetInput({client::SpikeTrain("net/input", 0, {10.0, 50.0, 90.0})}).ok());
    session_.emplace(*std::move(session));
  }

  static void ExpectIncomplete(const absl::Status& status) {
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(client::GetErrorDetails(status).reason, "INCOMPLETE_RECORD");
  }

  std::optional<client::Session> session_;
};

TEST_F(ForgetfulSessionTest, SpikesAreNotLostInSilence) {
  ASSERT_TRUE(session_->Step(100.0).ok());
  const absl::Status status = session_->GetSpikes("net/neurons").status();
  ExpectIncomplete(status);
  EXPECT_THAT(std::string(status.message()), HasSubstr("spikes of net/neurons up to 5"));

  // Who knows of it takes what is left, or asks for later ones.
  const auto left = session_->GetSpikes("net/neurons", 0.0, {}, client::Incomplete::kAccept);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_GT(left->complete_after_ms, 50.0);
  const auto later = session_->GetSpikes("net/neurons", left->complete_after_ms);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(later->times_ms, left->times_ms);
}

TEST_F(ForgetfulSessionTest, SamplesAreNotLostInSilence) {
  ASSERT_TRUE(session_->Step(100.0).ok());
  ExpectIncomplete(session_->GetSignals("net/voltmeter").status());
  EXPECT_THAT(session_->GetSignals("net/voltmeter", 98.0)->times_ms, ElementsAre(99.0, 100.0));
  EXPECT_THAT(session_->GetSignals("net/voltmeter", 0.0, {}, client::Incomplete::kAccept)->times_ms,
              ElementsAre(99.0, 100.0));
}

TEST_F(ForgetfulSessionTest, AStepTellsOfWhatItCouldNotReadOut) {
  v1::StepRequest request;
  request.set_duration_ms(50.0);
  request.mutable_readout()->add_spikes("net/neurons");
  ASSERT_TRUE(session_->Step(request).ok()) << "three spikes are kept";
  ExpectIncomplete(session_->Step(request).status());
  EXPECT_EQ(session_->Get()->time_ms(), 100.0) << "the step has been carried out";
}

TEST_F(ForgetfulSessionTest, AStreamGoesOnAfterIt) {
  v1::StepRequest request;
  request.set_duration_ms(100.0);
  request.mutable_readout()->add_spikes("net/neurons");
  client::StepStream stream = session_->OpenStepStream();
  ExpectIncomplete(stream.Step(request).status());
  EXPECT_TRUE(stream.Step(request).ok());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(ForgetfulSessionTest, WhoAcceptsItGetsWhatIsLeft) {
  v1::StepRequest request;
  request.set_duration_ms(100.0);
  request.mutable_readout()->add_spikes("net/neurons");
  client::StepStream stream = session_->OpenStepStream(client::Incomplete::kAccept);
  EXPECT_TRUE(stream.Step(request).ok());
  request.set_duration_ms(0.0);
  EXPECT_TRUE(session_->Step(request, absl::InfiniteDuration(), client::Incomplete::kAccept).ok());
}

TEST_F(ClientLibraryTest, ANetworkThatIsYoungerThanTheTimeAskedForHasLostNothing) {
  auto session = client_->CreateSession({.seed = 1});
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE(session->Step(500.0).ok());
  ASSERT_TRUE(session->CreateNetwork("net", SmallNetwork()).ok());
  ASSERT_TRUE(session->SetInput({client::SpikeTrain("net/input", 0, {510.0})}).ok());
  ASSERT_TRUE(session->Step(50.0).ok());
  const auto spikes = session->GetSpikes("net/neurons");
  ASSERT_TRUE(spikes.ok()) << spikes.status();
  EXPECT_THAT(spikes->times_ms, Not(IsEmpty()));
  const auto signals = session->GetSignals("net/voltmeter");
  ASSERT_TRUE(signals.ok()) << signals.status();
  EXPECT_EQ(signals->times_ms.front(), 501.0);
}

TEST_F(ClientLibraryTest, ReadsAndReplacesWeights) {
  client::Session session = SmallSession();
  auto weights = session.GetWeights("net/input_neurons");
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_TRUE(weights->dense());
  EXPECT_EQ(weights->rows, 1u);
  EXPECT_EQ(weights->columns, 3u);
  EXPECT_THAT(weights->values, ElementsAre(3000.0, 4000.0, 5000.0));
  const std::vector<double> others = {1.0, 2.0, 3.0};
  ASSERT_TRUE(session.SetWeights("net/input_neurons", others).ok());
  EXPECT_THAT(session.GetWeights("net/input_neurons")->values, ElementsAre(1.0, 2.0, 3.0));
  const std::vector<uint64_t> connections = {2, 0};
  const std::vector<double> two = {5.0, 4.0};
  ASSERT_TRUE(session.SetWeights("net/input_neurons", connections, two).ok());
  EXPECT_THAT(session.GetWeights("net/input_neurons")->values, ElementsAre(4.0, 2.0, 5.0));
  ASSERT_TRUE(session.SetWeights("net/input_neurons", 7.0).ok());
  EXPECT_THAT(session.GetWeights("net/input_neurons")->values, Each(7.0));
}

TEST_F(ClientLibraryTest, FollowsThePagesOfManyWeights) {
  auto session = client_->CreateSession({.seed = 1});
  ASSERT_TRUE(session.ok()) << session.status();
  v1::NetworkSpecification specification = SmallNetwork();
  for (v1::Population& population : *specification.mutable_populations()) population.set_size(400);
  *specification.mutable_projections(0)->mutable_weight() = client::Normal(1300.0, 1.0);
  ASSERT_TRUE(session->CreateNetwork("net", specification).ok());
  const auto weights = session->GetWeights("net/input_neurons");
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->values.size(), 400u * 400u);
  EXPECT_THAT(weights->values, Each(::testing::DoubleNear(1300.0, 7.0)));
}

TEST_F(ClientLibraryTest, ValidatesWithoutBuilding) {
  auto session = client_->CreateSession();
  ASSERT_TRUE(session.ok()) << session.status();
  const auto network = session->ValidateNetwork("net", SmallNetwork());
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(network->size().synapses(), 3u);
  EXPECT_THAT(session->Get()->networks(), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(session->GetNetwork("net").status()));
}

TEST_F(ClientLibraryTest, ExtendsChangesAndResetsWhatRuns) {
  client::Session session = SmallSession();
  ASSERT_TRUE(session.Step(5).ok());
  v1::NetworkSpecification additions;
  v1::Population& more = *additions.add_populations();
  more.set_name("more");
  more.set_model("iaf_psc_exp");
  more.set_size(2);
  const auto extended = session.ExtendNetwork("net", additions);
  ASSERT_TRUE(extended.ok()) << extended.status();
  EXPECT_EQ(extended->size().neurons(), 6u);

  v1::ParameterSetting setting;
  setting.set_population("net/more");
  setting.mutable_neurons()->mutable_list()->add_indices(1);
  (*setting.mutable_parameters())["I_e"] = client::Number(500);
  const auto set = session.SetParameters({setting});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(*set, 5);
  v1::ParameterQuery query;
  query.set_population("net/more");
  query.add_names("I_e");
  const auto values = session.GetParameters({query});
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(values->at(0).parameters().at("I_e").list().values(), ElementsAre(0, 500));

  v1::RecordingSetting recording;
  recording.set_population("net/more");
  recording.set_record(true);
  const auto recorded = session.SetRecording({recording});
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(*recorded, 5);
  EXPECT_TRUE(session.GetSpikes("net/more", *recorded).ok());

  const auto reset = session.Reset(/*to_time_0=*/true);
  ASSERT_TRUE(reset.ok()) << reset.status();
  EXPECT_EQ(*reset, 0);
  EXPECT_TRUE(session.DeleteNetwork("net").ok());
  EXPECT_FALSE(session.GetNetwork("net").ok());
}

TEST_F(ClientLibraryTest, CreatesPresetsAndReadsThemBack) {
  auto session = client_->CreateSession();
  ASSERT_TRUE(session.ok()) << session.status();
  const auto created =
      session->CreateNetwork("p", client::Preset("pong/rstdp", {{"num_neurons", 5}}));
  ASSERT_TRUE(created.ok()) << created.status();
  const auto network = session->GetNetwork("p");
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_GE(network->specification().populations_size(), 3);
  EXPECT_TRUE(session->ApplyReward("p", 0.5).ok());
}

TEST_F(ClientLibraryTest, AnErrorNamesReasonAndField) {
  auto session = client_->CreateSession();
  ASSERT_TRUE(session.ok()) << session.status();
  v1::NetworkSpecification specification = SmallNetwork();
  specification.mutable_populations(1)->set_model("iaf_psc_expp");
  const auto network = session->CreateNetwork("net", specification);
  ASSERT_FALSE(network.ok());
  const client::ErrorDetails details = client::GetErrorDetails(network.status());
  EXPECT_EQ(details.domain, "spiked");
  EXPECT_THAT(details.reason, Not(IsEmpty()));
  ASSERT_THAT(details.field_violations, SizeIs(1));
  EXPECT_THAT(details.field_violations[0].field, HasSubstr("populations[1].model"));
  EXPECT_THAT(std::string(network.status().message()), HasSubstr(details.reason));
  EXPECT_THAT(std::string(network.status().message()), HasSubstr("populations[1].model"));
}

TEST_F(ClientLibraryTest, AStreamAnswersStepByStep) {
  client::Session session = SmallSession();
  client::StepStream stream = session.OpenStepStream();
  v1::StepRequest request;
  request.set_duration_ms(10.0);
  request.mutable_readout()->add_spike_counts("net/neurons");
  for (int k = 0; k < 5; ++k) {
    request.set_expected_time_ms(10.0 * k);
    const auto response = stream.Step(request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ((*response)->time_ms(), 10.0 * (k + 1));
    EXPECT_THAT((*response)->spike_counts(0).counts(), ElementsAre(0, 0, 0));
  }
  EXPECT_TRUE(stream.Finish().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(stream.Step(request).status()));
  EXPECT_EQ(session.Get()->time_ms(), 50.0);
}

TEST_F(ClientLibraryTest, AnErrorEndsAStreamForGood) {
  client::Session session = SmallSession();
  client::StepStream stream = session.OpenStepStream();
  v1::StepRequest request;
  request.set_duration_ms(10.0);
  request.set_expected_time_ms(5.0);
  const absl::Status first = stream.Step(request).status();
  EXPECT_TRUE(absl::IsAborted(first)) << first;
  EXPECT_THAT(client::GetErrorDetails(first).reason, Not(IsEmpty()));
  request.clear_expected_time_ms();
  EXPECT_EQ(stream.Step(request).status(), first);
  EXPECT_EQ(stream.Finish(), first);
  EXPECT_EQ(session.Get()->time_ms(), 0.0);
}

TEST_F(ClientLibraryTest, AStepCanBeHaltedFromAnotherThread) {
  client::Session session = SmallSession();
  absl::StatusOr<v1::StepResponse> response = absl::UnknownError("not yet");
  std::thread stepping([&] { response = session.Step(1e7); });
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (true) {
    const auto stepping_now = session.Halt();
    ASSERT_TRUE(stepping_now.ok()) << stepping_now.status();
    if (*stepping_now || absl::Now() > deadline) break;
    absl::SleepFor(absl::Milliseconds(5));
  }
  stepping.join();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->halted());
  EXPECT_LT(response->time_ms(), 1e7);
}

TEST_F(ClientLibraryTest, AStreamCanBeCancelledFromAnotherThread) {
  client::Session session = SmallSession();
  client::StepStream stream = session.OpenStepStream();
  std::thread cancelling([&] {
    absl::SleepFor(absl::Milliseconds(100));
    stream.Cancel();
  });
  v1::StepRequest request;
  request.set_duration_ms(1e7);
  EXPECT_TRUE(absl::IsCancelled(stream.Step(request).status()));
  cancelling.join();
}

TEST_F(ClientLibraryTest, TheServerStopsInOrder) { EXPECT_EQ(server_.Stop(), 0) << server_.Log(); }

}  // namespace
}  // namespace spiked
