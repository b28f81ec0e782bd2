// Commands of all kinds, drawn at random, for networks made by RandomNetwork.
#pragma once

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {

// Gives a network a few commands that follow from `seed` and the time.
inline void CommandAtRandom(Network* network, const Grid& grid, uint64_t seed) {
  const Step now = network->now();
  std::mt19937_64 random(seed * 1'000'003 + static_cast<uint64_t>(now));
  const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const auto population = [&](const char* name) { return network->FindPopulation(name); };

  if (below(2) == 0) {
    std::vector<std::pair<Step, uint32_t>> spikes(below(40));
    for (auto& [stamp, sender] : spikes) {
      stamp = std::max<Step>(1, now - 20 + below(300));
      sender = below(4);
    }
    std::ranges::sort(spikes);
    std::vector<uint32_t> senders, multiplicities;
    std::vector<Step> stamps;
    for (const auto& [stamp, sender] : spikes) {
      stamps.push_back(stamp);
      senders.push_back(sender);
      multiplicities.push_back(below(4) != 0 ? 1 : 1 + below(40));
    }
    EXPECT_THAT(network->SetSpikeTrains(population("generators"), senders, stamps, multiplicities),
                IsOk());
  }
  if (below(3) == 0) {
    std::set<std::pair<uint32_t, Step>> when;
    for (uint32_t k = below(8); k > 0; --k) {
      when.insert({below(2), std::max<Step>(0, now - 10 + below(60))});
    }
    std::vector<uint32_t> senders;
    std::vector<Step> times;
    std::vector<double> amplitudes;
    for (const auto& [sender, time] : when) {
      senders.push_back(sender);
      times.push_back(time);
      amplitudes.push_back(uniform(-100, 200));
    }
    EXPECT_THAT(network->SetCurrentSteps(population("steps"), senders, times, amplitudes), IsOk());
  }
  if (below(3) == 0) {
    const Step start = std::max<Step>(0, now - 20 + below(80)), stop = start + below(100);
    EXPECT_THAT(network->SetParameters(population("dc"), {{"amplitude", uniform(-100, 200)},
                                                          {"start", grid.ToMs(start)},
                                                          {"stop", grid.ToMs(stop)}}),
                IsOk());
  }
  if (below(3) == 0) {
    const std::vector<double> std = {uniform(0, 80), uniform(0, 80)};
    EXPECT_THAT(
        network->SetParameters(population("noise"), {{"mean", uniform(-20, 20)}, {"std", std}}),
        IsOk());
  }
  if (const int poisson = population("poisson"); poisson >= 0 && below(3) == 0) {
    const double rate = below(4) == 0 ? 0.0 : below(3) == 0 ? 20'000.0 : uniform(1, 900);
    EXPECT_THAT(network->SetParameters(poisson, {{"rate", rate}}), IsOk());
  }
  if (below(4) == 0) {
    const std::vector<uint32_t> some = {1, 3};
    EXPECT_THAT(network->SetParameters(population("plain"),
                                       {{"I_e", std::vector<double>{uniform(300, 500), 380.0}},
                                        {"tau_m", uniform(8, 12)},
                                        {"V_m", uniform(-70, -60)}},
                                       false, some),
                IsOk());
    EXPECT_THAT(network->SetParameters(population("mixed"), {{"tau_minus", uniform(10, 40)}}),
                IsOk());
  }
  if (const int relays = population("relays"); relays >= 0 && below(9) == 0) {
    const Recording recording = {.on = below(3) != 0, .limit = below(30), .window = {}};
    EXPECT_THAT(network->RecordSpikes(relays, recording), IsOk());
  }
  for (size_t k = 0; k < network->projections().size(); ++k) {
    const auto& info = network->projections()[k];
    const auto number = static_cast<int>(k);
    if (info.rewarded && below(4) == 0) {
      EXPECT_THAT(network->ApplyReward(number, uniform(-0.5, 1)), IsOk());
    }
    if (info.synapse_model == "stdp_synapse" && below(9) == 0) {
      EXPECT_THAT(network->SetSynapseParameters(number, {{"lambda", uniform(0.01, 0.1)}}), IsOk());
    }
    if (info.synapses > 0 && below(30) == 0) {
      const std::vector<uint64_t> connections = {random() % info.synapses};
      EXPECT_THAT(network->CutConnections(number, connections), IsOk());
    }
    if (below(30) == 0) {
      const Recording recording = {.on = below(2) == 0, .limit = below(30), .window = {}};
      network->RecordWeights(number, recording).IgnoreError();  // of devices there is none
    }
    if (!info.synapse_model.starts_with("stdp") && below(20) == 0) {
      std::vector<double> weights(below(3) == 0 ? 1 : info.synapses);
      for (double& weight : weights) weight = uniform(-10, 50);
      EXPECT_THAT(network->SetWeights(number, weights), IsOk());
    }
  }
}

}  // namespace spiked::engine
