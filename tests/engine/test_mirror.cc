// Networks on one clock that are connected by mirrors.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/engine/pace.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

PopulationSpec MirrorOf(const std::string& name, const std::string& mirrored, uint32_t size) {
  PopulationSpec mirror = Population(name, "mirror", size);
  mirror.mirrored = mirrored;
  return mirror;
}

std::vector<PopulationSpec> Sources() {
  return {Recorded(
              Population("tonic", "iaf_psc_exp", 3, {{"I_e", std::vector<double>{380, 390, 401}}})),
          Population("train", "spike_generator", 2)};
}
std::vector<PopulationSpec> Targets() {
  return {Recorded(Population("driven", "iaf_psc_exp", 4, {{"I_e", 374.0}})),
          Recorded(Population("relay", "parrot_neuron", 3))};
}
// Weights are dyadic, so that sums do not depend on the order of populations.
std::vector<ProjectionSpec> Between(const std::string& tonic, const std::string& train) {
  return {Named("a", Projection(tonic, "driven", 64.0, 1.5)),
          Named("b", Plastic(Projection(train, "driven", 96.0, 0.7), "stdp_synapse")),
          Named("c", Projection(tonic, "relay", 1.0, 30.0, OneToOne{}))};
}
ProjectionSpec Back(const std::string& driven) {
  return Named("back", Projection(driven, "tonic", -32.0, 0.3));
}

std::vector<std::pair<Step, uint32_t>> SpikesOf(const Network& network, const std::string& name) {
  std::vector<std::pair<Step, uint32_t>> spikes;
  const SpikeView view = network.Spikes(network.FindPopulation(name), -1, kNever);
  view.ForEach(0, view.size(),
               [&](Step stamp, uint32_t sender, uint64_t) { spikes.emplace_back(stamp, sender); });
  return spikes;
}

void Feed(Network* network) {
  const std::vector<uint32_t> senders = {0, 1, 0, 1, 1};
  const std::vector<Step> stamps = {12, 40, 333, 334, 900};
  EXPECT_THAT(network->SetSpikeTrains(network->FindPopulation("train"), senders, stamps, {}),
              IsOk());
}

class MirrorTest : public ::testing::Test {
 protected:
  // Two networks, each of which mirrors the other.
  void SetUp() override {
    NetworkSpec first;
    first.populations = Sources();
    NetworkSpec second;
    second.populations = Targets();
    second.populations.push_back(MirrorOf("tonic-here", "first/tonic", 3));
    second.populations.push_back(MirrorOf("train-here", "first/train", 2));
    second.projections = Between("tonic-here", "train-here");
    NetworkSpec more;
    more.populations = {MirrorOf("driven-here", "second/driven", 4)};
    more.projections = {Back("driven-here")};
    ASSERT_THAT(simulation_.AddNetwork("first", first), IsOk());
    ASSERT_THAT(simulation_.AddNetwork("second", second), IsOk());
    ASSERT_THAT(simulation_.ExtendNetwork(simulation_.FindNetwork("first"), more), IsOk());
    Feed(simulation_.FindNetwork("first"));
  }

  absl::Status Refusal(const PopulationSpec& mirror) {
    NetworkSpec spec;
    spec.populations = {mirror};
    const auto network = simulation_.AddNetwork("third", spec);
    EXPECT_EQ(network.status(), simulation_.Check(spec).status());
    return network.status();
  }

  Simulation simulation_{0.1, 7};
};

TEST_F(MirrorTest, ConnectsNetworksAsIfTheyWereOne) {
  NetworkSpec whole;
  whole.populations = Sources();
  for (const PopulationSpec& p : Targets()) whole.populations.push_back(p);
  whole.projections = Between("tonic", "train");
  whole.projections.push_back(Back("driven"));
  Simulation one(0.1, 7);
  Network* network = one.AddNetwork("whole", whole).value();
  Feed(network);
  ASSERT_THAT(one.Advance(2000), IsOk());

  // However the time is cut.
  for (Step steps : {1, 2, 3, 700, 11, 1283}) ASSERT_THAT(simulation_.Advance(steps), IsOk());
  const Network& first = *simulation_.FindNetwork("first");
  const Network& second = *simulation_.FindNetwork("second");
  EXPECT_GT(SpikesOf(second, "driven").size(), 10u);
  EXPECT_EQ(SpikesOf(first, "tonic"), SpikesOf(*network, "tonic"));
  EXPECT_EQ(SpikesOf(second, "driven"), SpikesOf(*network, "driven"));
  EXPECT_EQ(SpikesOf(second, "relay"), SpikesOf(*network, "relay"));
  EXPECT_EQ(ReadSynapses(second, second.FindProjection("b")).weights,
            ReadSynapses(*network, network->FindProjection("b")).weights);
}

TEST_F(MirrorTest, IsSavedWithWhatItMirrors) {
  ASSERT_THAT(simulation_.Advance(345), IsOk());
  auto restored = Simulation::Restore(SavedBytes(simulation_));
  ASSERT_THAT(restored, IsOk());
  EXPECT_TRUE(SavedBytes(**restored) == SavedBytes(simulation_));
  ASSERT_THAT(simulation_.Advance(1000), IsOk());
  ASSERT_THAT((*restored)->Advance(1000), IsOk());
  EXPECT_TRUE(SavedBytes(**restored) == SavedBytes(simulation_));
}

TEST_F(MirrorTest, GoesOnWhereItWasStopped) {
  auto other = Simulation::Restore(SavedBytes(simulation_)).value();
  ASSERT_THAT(simulation_.Advance(800), IsOk());
  int stops = 0;
  while (other->now() < 800) {
    Pace pace([] { return true; }, /*work_between_asks=*/2000);
    ASSERT_THAT(other->Advance(800 - other->now(), nullptr, &pace), IsOk());
    ++stops;
  }
  ASSERT_THAT(other->Advance(0), IsOk());
  ASSERT_THAT(simulation_.Advance(0), IsOk());
  EXPECT_GT(stops, 10);
  for (const char* name : {"driven", "relay"}) {
    EXPECT_EQ(SpikesOf(*other->FindNetwork("second"), name),
              SpikesOf(*simulation_.FindNetwork("second"), name));
  }
}

TEST_F(MirrorTest, FallsSilentWhenItsNetworkIsRemoved) {
  ASSERT_THAT(simulation_.Advance(1000), IsOk());
  simulation_.RemoveNetwork(simulation_.FindNetwork("first"));
  ASSERT_THAT(simulation_.Advance(400), IsOk());
  const Network& second = *simulation_.FindNetwork("second");
  const auto before = SpikesOf(second, "relay");
  EXPECT_FALSE(before.empty());
  // One of the same name is another network.
  NetworkSpec again;
  again.populations = Sources();
  ASSERT_THAT(simulation_.AddNetwork("first", again), IsOk());
  ASSERT_THAT(simulation_.Advance(1000), IsOk());
  EXPECT_EQ(SpikesOf(second, "relay"), before);
  auto restored = Simulation::Restore(SavedBytes(simulation_));
  EXPECT_THAT(restored, IsOk());
}

TEST_F(MirrorTest, IsRefusedWhereThereIsNothingToMirror) {
  EXPECT_THAT(Refusal(MirrorOf("m", "second", 4)), IsInvalid("populations[0].mirrored"));
  EXPECT_THAT(Refusal(MirrorOf("m", "", 4)), IsInvalid("populations[0].mirrored"));
  EXPECT_THAT(Refusal(MirrorOf("m", "secund/driven", 4)), IsInvalid("populations[0].mirrored"));
  EXPECT_THAT(Refusal(MirrorOf("m", "second/drivn", 4)), IsInvalid("populations[0].mirrored"));
  EXPECT_THAT(Refusal(MirrorOf("m", "second/tonic-here", 3)), IsInvalid("populations[0].mirrored"));
  EXPECT_THAT(Refusal(MirrorOf("m", "second/driven", 3)), IsInvalid("populations[0].size"));
  PopulationSpec neurons = Population("n", "iaf_psc_exp", 4);
  neurons.mirrored = "second/driven";
  EXPECT_THAT(Refusal(neurons), IsInvalid("populations[0].mirrored"));
  NetworkSpec own;
  own.populations = {MirrorOf("m", "second/driven", 4)};
  EXPECT_THAT(simulation_.ExtendNetwork(simulation_.FindNetwork("second"), own),
              IsInvalid("populations[0].mirrored"));
}

}  // namespace
}  // namespace spiked::engine
