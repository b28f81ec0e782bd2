// Changing and reading parameters and state variables of what runs.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

std::vector<double> Get(const Lab& lab, const std::string& population, const std::string& name,
                        const std::vector<uint32_t>& indices = {}) {
  const std::vector<std::string> names = {name};
  return const_cast<Lab&>(lab)
      .network()
      .GetParameters(lab.Population(population), names, indices)
      .value()[0]
      .values;
}

NetworkSpec TwoPopulations() {
  NetworkSpec spec;
  spec.populations = {Population("in", "spike_generator"),
                      Recorded(Population("a", "iaf_psc_exp", 3, {{"I_e", 380.0}})),
                      Recorded(Population("b", "iaf_psc_exp", 2, {{"I_e", 380.0}})),
                      Population("dc", "dc_generator", 2, {{"amplitude", 20.0}})};
  spec.projections = {Projection("in", "a", 300.0, 1.5), Projection("in", "b", 300.0, 1.5),
                      Projection("dc", "a", 1.0), Projection("dc", "b", 1.0)};
  spec.multimeters = {Multimeter("a", 0.1, {"V_m", "I_syn_ex"}), Multimeter("b", 0.1)};
  spec.multimeters[1].name = "other";
  return spec;
}

// Neurons that share their constants with others, some with spikes under way.
TEST(NeuronParameters, ChangeForSomeNeuronsAndLeaveTheOthersAlone) {
  Lab changed(TwoPopulations()), alone(TwoPopulations());
  for (Lab* lab : {&changed, &alone}) {
    lab->Feed("in", {{100, 195, 230, 400}});
    lab->RunTo(200);
  }
  Network& network = changed.network();
  const std::vector<uint32_t> which = {2, 0};
  EXPECT_THAT(network.SetParameters(changed.Population("a"),
                                    {{"tau_m", std::vector<double>{20, 15}},
                                     {"V_th", -58.0},
                                     {"I_e", 300.0},
                                     {"V_m", std::vector<double>{-61, -62}},
                                     {"I_syn_ex", 50.0}},
                                    false, which),
              IsOk());
  EXPECT_EQ(Get(changed, "a", "tau_m"), (std::vector<double>{15, 10, 20}));
  EXPECT_EQ(Get(changed, "a", "V_th", which), (std::vector<double>{-58, -58}));
  EXPECT_EQ(Get(changed, "a", "V_m", which), (std::vector<double>{-61, -62}));
  for (Lab* lab : {&changed, &alone}) lab->RunTo(600);
  // Neuron 1 of `a` and all of `b` as if nothing had happened.
  EXPECT_EQ(changed.network().Signals(1, -1, kNever).Values(0),
            alone.network().Signals(1, -1, kNever).Values(0));
  const std::vector<double> V_m = changed.Signal(), before = alone.Signal();
  for (size_t at = 0; at < V_m.size(); at += 3) ASSERT_EQ(V_m[at + 1], before[at + 1]) << at / 3;
  EXPECT_EQ(changed.Stamps("a", 1), alone.Stamps("a", 1));

  EXPECT_NE(V_m[3 * 300 + 2], before[3 * 300 + 2]);
}

// The whole population: the constants of a network that was built with them.
TEST(NeuronParameters, ComputeWhatTheyWouldHaveFromTheBeginning) {
  NetworkSpec spec = TwoPopulations(), other = spec;
  for (const char* name : {"tau_m", "C_m", "tau_syn_ex", "t_ref", "E_L"}) {
    const double value = std::map<std::string, double>{
        {"tau_m", 12},
        {"C_m", 200},
        {"tau_syn_ex", 3},
        {"t_ref", 4},
        {"E_L", -68}}.at(name);
    other.populations[1].parameters[name] = value;
  }
  other.populations[1].parameters["V_m"] = -70.0;
  Lab built(other), changed(spec);
  EXPECT_THAT(
      changed.network().SetParameters(
          changed.Population("a"),
          {{"tau_m", 12.0}, {"C_m", 200.0}, {"tau_syn_ex", 3.0}, {"t_ref", 4.0}, {"E_L", -68.0}}),
      IsOk());
  EXPECT_EQ(Get(changed, "a", "V_m"), (std::vector<double>(3, -70.0))) << "stays where it is";
  for (Lab* lab : {&built, &changed}) {
    lab->Feed("in", {{100, 195, 230, 400}});
    lab->RunTo(600);
  }
  EXPECT_EQ(changed.Signal(), built.Signal());
  EXPECT_EQ(changed.Stamps("a"), built.Stamps("a"));
  EXPECT_EQ(changed.network().Signals(1, -1, kNever).Values(0),
            built.network().Signals(1, -1, kNever).Values(0));
}

TEST(DeviceParameters, ChangeByIndex) {
  Lab lab(TwoPopulations());
  const std::vector<uint32_t> second = {1};
  EXPECT_THAT(
      lab.network().SetParameters(lab.Population("dc"), {{"amplitude", 70.0}}, false, second),
      IsOk());
  EXPECT_EQ(Get(lab, "dc", "amplitude"), (std::vector<double>{20, 70}));
}

TEST(Parameters, ErrorsNameTheFieldAndChangeNothing) {
  Lab lab(TwoPopulations());
  const auto set = [&](const char* population, const Parameters& parameters,
                       const std::vector<uint32_t>& indices = {}) {
    return lab.network().SetParameters(lab.Population(population), parameters, false, indices);
  };
  EXPECT_THAT(set("a", {{"tau_m", -1.0}}), IsInvalid("parameters[tau_m]"));
  EXPECT_THAT(set("a", {{"tau_m", std::vector<double>{1, 2}}}), IsInvalid("parameters[tau_m]"));
  EXPECT_THAT(set("a", {{"tau_m", std::vector<double>{1, 0}}}, {0, 1}),
              IsInvalid("parameters[tau_m].list.values[1]"));
  EXPECT_THAT(set("a", {{"tau_m", Distribution{Normal{1, 1}}}}), IsInvalid("parameters[tau_m]"));
  EXPECT_THAT(set("a", {{"V_th", -80.0}}), IsInvalid("parameters[V_th]"));
  EXPECT_THAT(set("a", {{"V_m", INFINITY}}), IsInvalid("parameters[V_m]"));
  EXPECT_THAT(set("a", {{"I_e", 1.0}}, {3}), IsInvalid("indices[0]"));
  EXPECT_THAT(set("a", {{"I_e", 1.0}}, {1, 1}), IsInvalid("indices[1]"));
  EXPECT_FALSE(set("a", {{"rate", 1.0}}).ok());
  EXPECT_FALSE(lab.network().GetParameters(1, std::vector<std::string>{"rate"}).ok());
  EXPECT_THAT(lab.network().SetDeviceParameters(lab.Population("a"), {{"I_e", 1.0}}),
              IsInvalid(""));
  EXPECT_EQ(Get(lab, "a", "tau_m"), (std::vector<double>{10, 10, 10}));
}

TEST(SynapseParameters, HoldForWhatComes) {
  NetworkSpec spec;
  spec.populations = {Population("in", "spike_generator"),
                      Recorded(Population("a", "iaf_psc_exp", 1, {{"I_e", 500.0}}))};
  spec.projections = {
      Plastic(Projection("in", "a", 50.0), "stdp_synapse", {{"lambda", 0.05}, {"Wmax", 90.0}})};
  Lab changed(spec), built(spec);
  spec.projections[0].parameters = {{"lambda", 0.1}, {"Wmax", 80.0}, {"tau_plus", 10.0}};
  Lab other(spec);
  EXPECT_THAT(changed.network().SetSynapseParameters(
                  0, {{"lambda", 0.1}, {"Wmax", 80.0}, {"tau_plus", 10.0}}),
              IsOk());
  for (Lab* lab : {&changed, &built, &other}) {
    lab->Feed("in", {{100, 300, 500, 700, 900}});
    lab->RunTo(1000);
  }
  EXPECT_EQ(changed.Weights("in-a"), other.Weights("in-a"));
  EXPECT_NE(changed.Weights("in-a"), built.Weights("in-a"));
  EXPECT_EQ(changed.network().GetSynapseParameters(0).value()[0].name, "tau_plus");

  Network& network = changed.network();
  EXPECT_THAT(network.SetSynapseParameters(0, {{"alpha", 2.0}, {"Wmax", 1.0}}),
              IsInvalid("parameters[Wmax]"));
  EXPECT_THAT(network.SetSynapseParameters(0, {{"Wmax", 0.0}}), IsInvalid("parameters[Wmax]"));
  EXPECT_FALSE(network.SetSynapseParameters(0, {{"eta", 1.0}}).ok());
  EXPECT_EQ(network.GetSynapseParameters(0, std::vector<std::string>{"alpha"}).value()[0].values,
            (std::vector<double>{1}));
}

}  // namespace
}  // namespace spiked::engine
