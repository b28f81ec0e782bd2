#include "server/session/view.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A machine, and somebody who watches it.
class ViewTest : public ::testing::Test {
 protected:
  v1::WatchSessionResponse Frame(View& view) {
    v1::WatchSessionResponse frame;
    const absl::Status status = machine_->Show(&view, &charge_, &frame);
    EXPECT_TRUE(status.ok()) << status;
    return frame;
  }

  v1::StepResponse Step() {
    v1::StepResponse response;
    EXPECT_TRUE(session::Step(*machine_, FullStep(), &response).ok());
    return response;
  }

  void Reset(bool to_time_0) {
    v1::ResetSessionRequest request;
    request.set_to_time_0(to_time_0);
    v1::ResetSessionResponse response;
    ASSERT_TRUE(machine_->ResetSession(request, Unstopped(), &response).ok());
  }

  void DeleteNetwork() {
    v1::DeleteNetworkRequest request;
    request.set_network("net");
    v1::DeleteNetworkResponse response;
    ASSERT_TRUE(machine_->DeleteNetwork(request, &response).ok());
  }

  void CreateNetwork() {
    v1::CreateNetworkResponse response;
    ASSERT_TRUE(machine_->CreateNetwork(SmallNetwork(), Unstopped(), &response).ok());
  }

  absl::Status Refused(const v1::Readout& readout) {
    View view = Looking(readout);
    v1::WatchSessionResponse frame;
    return machine_->Show(&view, &charge_, &frame);
  }

  static View Looking(const v1::Readout& readout) {
    return View(std::make_shared<const Sight>(readout));
  }

  TestMachine machine_;
  MemoryCharge charge_{&machine_.budget()};
};

// What frames tell, put together.
void ExpectSame(const v1::Spikes& one, const v1::Spikes& other) {
  EXPECT_THAT(one.times_ms(), ::testing::ElementsAreArray(other.times_ms()));
  EXPECT_THAT(one.senders(), ::testing::ElementsAreArray(other.senders()));
}

TEST_F(ViewTest, TheFirstFrameTellsHowThingsAreAndTheNextWhatHasHappenedSince) {
  View view = Looking(FullStep().readout());
  auto frame = Frame(view);
  EXPECT_EQ(frame.begin_time_ms(), 40);
  EXPECT_EQ(frame.time_ms(), 40);
  ASSERT_EQ(frame.populations_size(), 2);
  EXPECT_EQ(frame.populations(0).population(), "net/out");
  EXPECT_EQ(frame.populations(0).size(), 4);
  EXPECT_TRUE(frame.populations(0).recorded());
  EXPECT_THAT(frame.spikes(0).times_ms(), IsEmpty());
  EXPECT_THAT(frame.spike_counts(0).counts(), ElementsAre(0, 0, 0, 0));
  EXPECT_GT(frame.weights(0).weights_size(), 0);

  const v1::StepResponse step = Step();
  frame = Frame(view);
  EXPECT_EQ(frame.begin_time_ms(), 40);
  EXPECT_EQ(frame.time_ms(), 60);
  EXPECT_EQ(frame.populations_size(), 0);
  ASSERT_EQ(frame.spikes_size(), 2);
  for (int k = 0; k < 2; ++k) EXPECT_EQ(Bytes(frame.spikes(k)), Bytes(step.spikes(k)));
  EXPECT_EQ(Bytes(frame.spike_counts(0)), Bytes(step.spike_counts(0)));
  for (int k = 0; k < 2; ++k) EXPECT_EQ(Bytes(frame.weights(k)), Bytes(step.weights(k)));
  EXPECT_EQ(Bytes(frame.signals(0)), Bytes(step.signals(0)));
  // Nothing twice.
  frame = Frame(view);
  EXPECT_THAT(frame.spikes(0).times_ms(), IsEmpty());
  EXPECT_THAT(frame.signals(0).times_ms(), IsEmpty());
  EXPECT_THAT(frame.spike_counts(0).counts(), ElementsAre(0, 0, 0, 0));
}

TEST_F(ViewTest, WatchingChangesNothing) {
  TestMachine unwatched;
  auto readout = FullStep().readout();
  readout.add_spikes("*");
  View view = Looking(readout);
  Frame(view);
  Step();
  Frame(view);
  ASSERT_TRUE(session::Step(*unwatched, FullStep()).ok());
  EXPECT_EQ(Future(*machine_), Future(*unwatched));
}

TEST_F(ViewTest, AStarStandsForAllPopulationsAndTellsOfThoseThatAreRecorded) {
  v1::Readout readout;
  readout.add_spikes("*");
  readout.add_spike_counts("net/*");
  View view = Looking(readout);
  const auto frame = Frame(view);
  std::vector<std::string> recorded, not_recorded;
  for (const auto& population : frame.populations()) {
    (population.recorded() ? recorded : not_recorded).push_back(population.population());
  }
  EXPECT_THAT(recorded, ElementsAre("net/relay", "net/out"));
  EXPECT_THAT(not_recorded, ElementsAre("net/input", "net/dc", "net/steps", "net/background"));
  EXPECT_EQ(frame.spikes_size(), 2);
  EXPECT_EQ(frame.spike_counts_size(), 2);
}

TEST_F(ViewTest, WhatIsNamedMustBeThereAtFirst) {
  const auto field = [&](const char* readout) {
    const absl::Status status = Refused(Parse<v1::Readout>(readout));
    EXPECT_FALSE(status.ok());
    return engine::FieldOf(status).value_or("");
  };
  EXPECT_EQ(field("spikes: 'net/out' spikes: 'net/dc'"), "readout.spikes[1]");
  EXPECT_EQ(field("spikes: 'web/*'"), "readout.spikes[0]");
  EXPECT_EQ(field("spikes: '/*'"), "readout.spikes[0]");
  EXPECT_EQ(field("spike_counts: 'net/oout'"), "readout.spike_counts[0]");
  EXPECT_EQ(field("weights: '*'"), "readout.weights[0]");
  EXPECT_EQ(field("signals: 'net/out'"), "readout.signals[0]");
  EXPECT_EQ(Refused(Parse<v1::Readout>("spikes: 'net/dc'")).code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(ViewTest, WhatGoesAwayIsToldAgainWhenItIsThereAgain) {
  auto readout = FullStep().readout();
  View view = Looking(readout);
  Frame(view);
  Step();
  DeleteNetwork();
  auto frame = Frame(view);
  EXPECT_EQ(
      frame.spikes_size() + frame.spike_counts_size() + frame.weights_size() + frame.signals_size(),
      0);
  CreateNetwork();
  const v1::StepResponse step = Step();
  frame = Frame(view);
  EXPECT_EQ(frame.populations_size(), 2);
  EXPECT_EQ(Bytes(frame.spikes(0)), Bytes(step.spikes(0)));
  EXPECT_EQ(Bytes(frame.spike_counts(0)), Bytes(step.spike_counts(0)));
  EXPECT_EQ(Bytes(frame.signals(0)), Bytes(step.signals(0)));
  // Another one in its place, between two frames.
  Step();
  DeleteNetwork();
  CreateNetwork();
  const v1::StepResponse other = Step();
  frame = Frame(view);
  EXPECT_EQ(frame.begin_time_ms(), 80);
  EXPECT_EQ(Bytes(frame.spike_counts(0)), Bytes(other.spike_counts(0)));
  ExpectSame(frame.spikes(0), other.spikes(0));
  EXPECT_EQ(frame.spikes(0).dropped(), 0);
}

TEST_F(ViewTest, WhatIsAddedMeanwhileHidesNothing) {
  v1::Readout readout;
  readout.add_spikes("*");
  readout.add_spike_counts("*");
  View view = Looking(readout);
  Frame(view);
  const v1::StepResponse step = Step();
  v1::CreateNetworkRequest more = SmallNetwork();
  more.set_network("more");
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(machine_->CreateNetwork(more, Unstopped(), &created).ok());
  const auto frame = Frame(view);
  ASSERT_EQ(frame.spikes_size(), 4);
  ASSERT_EQ(frame.spikes(1).population(), "net/out");
  ExpectSame(frame.spikes(1), step.spikes(0));
  EXPECT_EQ(Bytes(frame.spike_counts(1)), Bytes(step.spike_counts(0)));
  EXPECT_THAT(frame.spikes(3).times_ms(), IsEmpty());
}

TEST_F(ViewTest, AfterAResetThereIsWhatHasHappenedSince) {
  View view = Looking(FullStep().readout());
  for (const bool to_time_0 : {false, true}) {
    SCOPED_TRACE(to_time_0);
    Frame(view);
    const double before = Frame(view).time_ms();
    Step();
    Reset(to_time_0);
    // Further than before, so that only the reset itself tells.
    std::vector<double> times;
    std::vector<uint64_t> counts(4);
    for (int k = 0; k < 8; ++k) {
      const v1::StepResponse step = Step();
      times.insert(times.end(), step.spikes(0).times_ms().begin(), step.spikes(0).times_ms().end());
      for (int n = 0; n < 4; ++n) counts[n] += step.spike_counts(0).counts(n);
    }
    const auto frame = Frame(view);
    EXPECT_EQ(frame.begin_time_ms(), to_time_0 ? 0 : before);
    EXPECT_THAT(frame.spikes(0).times_ms(), ::testing::ElementsAreArray(times));
    EXPECT_EQ(frame.spikes(0).dropped(), 0);
    EXPECT_THAT(frame.spike_counts(0).counts(), ::testing::ElementsAreArray(counts));
  }
}

TEST_F(ViewTest, WhatDoesNotFitIsToldToBeMissing) {
  // 20,000 relays that fire in each of 40 steps, recorded, with a multimeter on 20,000
  // neurons.
  const auto network = Parse<v1::CreateNetworkRequest>(R"pb(
    network: "big"
    specification {
      populations { name: "in" model: "spike_generator" size: 1 }
      populations { name: "relay" model: "parrot_neuron" size: 20000 record_spikes: true }
      populations { name: "n" model: "iaf_psc_exp" size: 20000 }
      projections {
        name: "p"
        source: "in"
        target: "relay"
        rule { all_to_all {} }
      }
      multimeters { name: "m" population: "n" variables: "V_m" interval_ms: 0.1 }
    })pb");
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(machine_->CreateNetwork(network, Unstopped(), &created).ok());
  v1::Readout readout;
  readout.add_spikes("big/relay");
  readout.add_signals("big/m");
  View view = Looking(readout);
  Frame(view);
  auto step = Parse<v1::StepRequest>(R"pb(
    duration_ms: 6
    inputs {
      population: "big/in"
      relative: true
      spike_trains {}
    })pb");
  for (int k = 1; k <= 40; ++k) {
    step.mutable_inputs(0)->mutable_spike_trains()->add_senders(0);
    step.mutable_inputs(0)->mutable_spike_trains()->add_times_ms(0.1 * k);
  }
  ASSERT_TRUE(session::Step(*machine_, step).ok());
  const auto frame = Frame(view);
  EXPECT_LE(frame.ByteSizeLong(), kMaxReplyBytes);
  const v1::Spikes& spikes = frame.spikes(0);
  EXPECT_GT(spikes.times_ms_size(), 0);
  EXPECT_EQ(spikes.times_ms_size() + spikes.dropped(), 40 * 20000);
  EXPECT_THAT(spikes.times_ms(), Each(Gt(spikes.complete_after_ms())));
  const v1::Signals& signals = frame.signals(0);
  EXPECT_GT(signals.times_ms_size(), 0);
  EXPECT_EQ(signals.times_ms_size() + signals.dropped(), 60);
  EXPECT_THAT(signals.times_ms(), Each(Gt(signals.complete_after_ms())));
  EXPECT_EQ(signals.times_ms(signals.times_ms_size() - 1), frame.time_ms());
}

TEST_F(ViewTest, WhatNeverFitsIsRefused) {
  const auto network = Parse<v1::CreateNetworkRequest>(R"pb(
    network: "big"
    specification {
      populations { name: "a" model: "iaf_psc_exp" size: 800 record_spikes: true }
      populations { name: "b" model: "iaf_psc_exp" size: 500001 record_spikes: true }
      projections {
        name: "p"
        source: "a"
        target: "a"
        rule { all_to_all {} }
      }
      multimeters { name: "m" population: "b" variables: "V_m" }
    })pb");
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(machine_->CreateNetwork(network, Unstopped(), &created).ok());
  for (const char* list : {"weights: 'big/p'", "spike_counts: 'big/b'", "signals: 'big/m'"}) {
    const absl::Status status = Refused(Parse<v1::Readout>(list));
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << list;
    EXPECT_EQ(engine::ReasonOf(status), "READOUT_TOO_LARGE") << list;
  }
}

TEST_F(ViewTest, WhatItTakesIsChargedBeforeThereIsAFrame) {
  MemoryBudget budget(1 << 20);
  MemoryCharge charge(&budget);
  View view = Looking(FullStep().readout());
  v1::WatchSessionResponse frame;
  ASSERT_TRUE(machine_->Show(&view, &charge, &frame).ok());
  EXPECT_EQ(charge.bytes(), view.bytes_with_frame());
  EXPECT_GT(view.kept_bytes(), 0);
  EXPECT_GE(view.bytes_with_frame(), view.kept_bytes() + frame.ByteSizeLong());
  MemoryBudget small(100);
  MemoryCharge refused(&small);
  view = Looking(FullStep().readout());
  frame.Clear();
  EXPECT_EQ(machine_->Show(&view, &refused, &frame).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(frame.ByteSizeLong(), 0);
}

TEST_F(ViewTest, ThoseThatAreEqualFillEqualFrames) {
  const auto sight = std::make_shared<const Sight>(FullStep().readout());
  View one(sight), other(sight);
  const auto expect_equal = [&] {
    ASSERT_TRUE(one.Equals(other));
    const auto frame = Frame(one);
    EXPECT_EQ(Bytes(frame), Bytes(Frame(other)));
    ASSERT_TRUE(one.Equals(other));
  };
  expect_equal();
  Step();
  expect_equal();
  // One is shown more than the other: they are not, until both are shown the same again.
  Step();
  Frame(one);
  EXPECT_FALSE(one.Equals(other));
  Step();
  EXPECT_NE(Bytes(Frame(one)), Bytes(Frame(other)));
  Step();
  expect_equal();
  // The same for whoever comes late.
  other = View(sight);
  EXPECT_FALSE(one.Equals(other));
  Step();
  Frame(one);
  Frame(other);
  Step();
  expect_equal();
  // Whatever becomes of the simulation meanwhile.
  Reset(/*to_time_0=*/true);
  Frame(one);
  EXPECT_FALSE(one.Equals(other));
  Frame(other);
  DeleteNetwork();
  CreateNetwork();
  Step();
  expect_equal();
  one = one.Anew();
  EXPECT_FALSE(one.Equals(other));
  EXPECT_FALSE(one.Equals(View(sight)));  // which refuses what is not there
  other = other.Anew();
  expect_equal();
  // Who looks at something else is never shown the same.
  EXPECT_FALSE(View(sight).Equals(Looking(FullStep().readout())));
}

}  // namespace
}  // namespace spiked::session
