// CheckSpec and ResolveSpec.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "server/engine/model.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const Grid kGrid(0.1);

// One population of each model, and a projection of each synapse model.
NetworkSpec Everything() {
  NetworkSpec spec;
  spec.populations = {
      Population("generator", "spike_generator", 3), Population("relay", "parrot_neuron", 3),
      Population("neurons", "iaf_psc_exp", 3),       Population("dc", "dc_generator"),
      Population("steps", "step_current_generator"), Population("noise", "noise_generator"),
      Population("poisson", "poisson_generator"),    Population("vt", "volume_transmitter"),
  };
  spec.projections = {
      Projection("generator", "relay", 1.0, 1.0, OneToOne{}),
      Plastic(Projection("relay", "neurons"), "stdp_dopamine_synapse", {}, "vt"),
      Plastic(Projection("neurons", "neurons"), "stdp_synapse"),
      Plastic(Projection("generator", "neurons"), "rstdp_synapse"),
      Projection("dc", "neurons"),
      Projection("steps", "neurons"),
      Projection("noise", "neurons"),
      Projection("poisson", "relay"),
      Projection("neurons", "vt"),
  };
  spec.multimeters = {Multimeter("neurons", 1.0, {"V_m", "I_syn_ex", "I_syn_in"})};
  return spec;
}
enum { kGenerator, kRelay, kNeurons, kDc, kSteps, kNoise, kPoisson, kTransmitter };
enum {
  kStatic,
  kDopamine,
  kStdp,
  kReward,
  kFromDc,
  kFromSteps,
  kFromNoise,
  kFromPoisson,
  kToTransmitter
};

struct Mistake {
  std::function<void(NetworkSpec*)> make;
  const char* field;
};

void ExpectAllRefused(const std::vector<Mistake>& mistakes,
                      absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  for (size_t k = 0; k < mistakes.size(); ++k) {
    SCOPED_TRACE(testing::Message() << "mistake " << k);
    NetworkSpec spec = Everything();
    mistakes[k].make(&spec);
    EXPECT_THAT(CheckSpec(spec, kGrid), FailsWith(code, std::string(mistakes[k].field)));
    // Whoever does not check first gets the same answer, and no network.
    Simulation simulation(0.1, 1);
    EXPECT_THAT(simulation.AddNetwork("n", spec), FailsWith(code, std::string(mistakes[k].field)));
    EXPECT_TRUE(simulation.networks().empty());
  }
}

TEST(CheckSpec, AcceptsOneOfEverything) {
  const auto size = CheckSpec(Everything(), kGrid);
  ASSERT_THAT(size, IsOk());
  EXPECT_EQ(size->neurons, 3u + 3 + 3 + 1 + 1 + 1 + 1 + 1);
  EXPECT_EQ(size->synapses, 3u + 9 + 9 + 9 + 3 + 3 + 3 + 3 + 3);
}

TEST(CheckSpec, NamesTheFieldOfAPopulationThatIsWrong) {
  ExpectAllRefused({
      {[](NetworkSpec* s) { *s = {}; }, "populations"},
      {[](NetworkSpec* s) { s->populations[1].name = ""; }, "populations[1].name"},
      {[](NetworkSpec* s) { s->populations[1].name = "generator"; }, "populations[1].name"},
      {[](NetworkSpec* s) { s->populations[1].name = "1st"; }, "populations[1].name"},
      {[](NetworkSpec* s) { s->populations[1].name = "a/b"; }, "populations[1].name"},
      {[](NetworkSpec* s) { s->populations[1].name = "\xc3\xa9t\xc3\xa9"; }, "populations[1].name"},
      {[](NetworkSpec* s) { s->populations[1].name = std::string("a\0b", 3); },
       "populations[1].name"},
      {[](NetworkSpec* s) { s->populations[1].name.assign(65, 'a'); }, "populations[1].name"},
      {[](NetworkSpec* s) { s->populations[2].size = 0; }, "populations[2].size"},
      {[](NetworkSpec* s) { s->populations[kTransmitter].size = 2; }, "populations[7].size"},
      {[](NetworkSpec* s) { s->populations[kDc].record_spikes = true; },
       "populations[3].record_spikes"},
      {[](NetworkSpec* s) { s->populations[kPoisson].record_spikes = true; },
       "populations[6].record_spikes"},
  });
  ExpectAllRefused({
      {[](NetworkSpec* s) { s->populations[0].model = ""; }, "populations[0].model"},
      {[](NetworkSpec* s) { s->populations[0].model = "iaf"; }, "populations[0].model"},
      {[](NetworkSpec* s) { s->populations[0].model = "stdp_synapse"; }, "populations[0].model"},
      {[](NetworkSpec* s) { s->populations[0].parameters["rate"] = 1.0; },
       "populations[0].parameters[rate]"},
      {[](NetworkSpec* s) { s->populations[kNeurons].parameters["tau"] = 1.0; },
       "populations[2].parameters[tau]"},
  });
}

TEST(CheckSpec, NamesTheParameterOfANeuronThatIsWrong) {
  struct Case {
    const char* parameter;
    Value value;
    const char* suffix = "";
  };
  const Case cases[] = {
      {"C_m", 0.0},
      {"C_m", -250.0},
      {"tau_m", 0.0},
      {"tau_syn_ex", -1.0},
      {"tau_syn_in", 0.0},
      {"tau_minus", 0.0},
      {"t_ref", -0.1},
      {"t_ref", 0.25},
      {"V_reset", -55.0},
      {"V_reset", -54.0},
      {"C_m", std::vector<double>{1, 2}},
      {"C_m", std::vector<double>{1, 2, 0}, ".list.values[2]"},
      {"t_ref", std::vector<double>{0, 0.05, 1}, ".list.values[1]"},
      {"I_e", std::vector<double>{0, 1, kInf}, ".list.values[2]"},
      {"V_reset", std::vector<double>{-70, -70, -55}},
      {"I_e", Distribution{Normal{0, -1}}, ".distribution.normal.std"},
      {"I_e", Distribution{Uniform{kNan, 1}}, ".distribution.uniform.low"},
  };
  for (const Case& c : cases) {
    const auto field = "populations[2].parameters[" + std::string(c.parameter) + "]" + c.suffix;
    ExpectAllRefused(
        {{[&](NetworkSpec* s) { s->populations[kNeurons].parameters[c.parameter] = c.value; },
          field.c_str()}});
  }
  ExpectAllRefused(
      {{[](NetworkSpec* s) {
          s->populations[kNeurons].parameters["V_th"] = std::vector<double>{-55, -70, -55};
        },
        "populations[2].parameters[V_reset]"}});
}

TEST(CheckSpec, NamesTheParameterOfADeviceThatIsWrong) {
  struct Case {
    int population;
    const char* parameter;
    Value value;
  };
  const Case cases[] = {
      {kDc, "start", -1.0},
      {kDc, "start", 0.05},
      {kDc, "stop", 0.05},
      {kDc, "start", kInf},
      {kDc, "stop", -kInf},
      {kDc, "start", 1e300},
      {kNoise, "std", -1.0},
      {kNoise, "dt", 0.0},
      {kNoise, "dt", 0.25},
      {kNoise, "dt", 1e-9},
      {kNoise, "dt", std::vector<double>{1.0}},
      {kNoise, "dt", Distribution{Uniform{1, 2}}},
      {kPoisson, "rate", -1.0},
      {kPoisson, "rate", 1e9},
      {kPoisson, "rate", kInf},
      {kTransmitter, "deliver_interval", 0.0},
      {kTransmitter, "deliver_interval", 1.5},
      {kTransmitter, "deliver_interval", 1e7},
      {kTransmitter, "deliver_interval", std::vector<double>{1.0}},
  };
  for (const Case& c : cases) {
    const std::string field =
        "populations[" + std::to_string(c.population) + "].parameters[" + c.parameter + "]";
    ExpectAllRefused(
        {{[&](NetworkSpec* s) { s->populations[c.population].parameters[c.parameter] = c.value; },
          field.c_str()}});
  }
}

TEST(CheckSpec, RefusesWhatIsNotANumberForEveryParameterOfEveryModel) {
  const NetworkSpec everything = Everything();
  const auto expect_refused = [](NetworkSpec spec, const std::string& field) {
    EXPECT_THAT(CheckSpec(spec, kGrid), IsInvalid(field));
  };
  for (size_t k = 0; k < everything.populations.size(); ++k) {
    for (const ParameterInfo& info : FindModel(everything.populations[k].model)->parameters) {
      for (const double x : {kNan, -kInf, kInf}) {
        if (x == info.minimum || x == info.maximum) continue;
        NetworkSpec spec = everything;
        spec.populations[k].parameters[std::string(info.name)] = x;
        expect_refused(spec, "populations[" + std::to_string(k) + "].parameters[" +
                                 std::string(info.name) + "]");
      }
    }
  }
  for (const int k : {kDopamine, kStdp, kReward}) {
    for (const ParameterInfo& info :
         FindModel(everything.projections[k].synapse_model)->parameters) {
      for (const double x : {kNan, -kInf, kInf}) {
        NetworkSpec spec = everything;
        spec.projections[k].parameters[std::string(info.name)] = x;
        expect_refused(spec, "projections[" + std::to_string(k) + "].parameters[" +
                                 std::string(info.name) + "]");
      }
    }
  }
}

TEST(CheckSpec, NamesTheFieldOfAProjectionThatIsWrong) {
  using P = ProjectionSpec;
  struct Case {
    int projection;
    std::function<void(P*)> make;
    const char* field;
  };
  const Case cases[] = {
      {1, [](P* p) { p->name = "generator-relay"; }, "name"},
      {1, [](P* p) { p->name = "-"; }, "name"},
      {0, [](P* p) { p->rule = {}; }, "rule"},
      {0, [](P* p) { p->target = "vt"; }, "rule.one_to_one"},
      {kStdp, [](P* p) { p->weight = -1.0; }, "weight"},
      {kStdp, [](P* p) { p->weight = 100.5; }, "weight"},
      {kStdp, [](P* p) { p->parameters["Wmax"] = -100.0; }, "weight"},
      {kDopamine, [](P* p) { p->weight = 201.0; }, "weight"},
      {0,
       [](P* p) {
         p->rule = ExplicitPairs{{0}, {3}};
       },
       "rule.explicit_pairs.targets[0]"},
      {0, [](P* p) { p->rule = FixedTotalNumber{UINT64_MAX}; }, "rule"},
      {0, [](P* p) { p->rule = FixedIndegree{UINT32_MAX}; }, "rule"},
      {0, [](P* p) { p->weight = kNan; }, "weight"},
      {0, [](P* p) { p->weight = kInf; }, "weight"},
      {0,
       [](P* p) {
         p->weight = std::vector<double>{1, 2};
       },
       "weight"},
      {0,
       [](P* p) {
         p->weight = std::vector<double>{1, 2, kNan};
       },
       "weight.list.values[2]"},
      {0,
       [](P* p) {
         p->weight = Distribution{Normal{0, -1}};
       },
       "weight.distribution.normal.std"},
      {0, [](P* p) { p->delay_ms = 0.0; }, "delay_ms"},
      {0, [](P* p) { p->delay_ms = -1.0; }, "delay_ms"},
      {0, [](P* p) { p->delay_ms = 0.05; }, "delay_ms"},
      {0, [](P* p) { p->delay_ms = 1e-9; }, "delay_ms"},
      {0, [](P* p) { p->delay_ms = 1e6; }, "delay_ms"},
      {0, [](P* p) { p->delay_ms = kNan; }, "delay_ms"},
      {0, [](P* p) { p->delay_ms = kInf; }, "delay_ms"},
      {0,
       [](P* p) {
         p->delay_ms = std::vector<double>{1, 1};
       },
       "delay_ms"},
      {0,
       [](P* p) {
         p->delay_ms = std::vector<double>{1, 0.05, 1};
       },
       "delay_ms.list.values[1]"},
      {0,
       [](P* p) {
         p->delay_ms = Distribution{Uniform{2, 1}};
       },
       "delay_ms.distribution.uniform.high"},
      {0,
       [](P* p) {
         p->rule = PairwiseBernoulli{0.5};
         p->weight = std::vector<double>{1};
       },
       "weight"},
      {0,
       [](P* p) {
         p->rule = PairwiseBernoulli{0.5};
         p->delay_ms = std::vector<double>{1};
       },
       "delay_ms"},
      {0, [](P* p) { p->target = "dc"; }, "target"},
      {0, [](P* p) { p->target = "generator"; }, "target"},
      {kFromDc, [](P* p) { p->target = "relay"; }, "target"},
      {kFromDc, [](P* p) { p->target = "vt"; }, "target"},
      {kFromDc, [](P* p) { p->source = "vt"; }, "source"},
      {kFromDc,
       [](P* p) {
         p->delay_ms = std::vector<double>{1, 2, 3};
       },
       "delay_ms"},
      {kFromNoise,
       [](P* p) {
         p->delay_ms = Distribution{Uniform{1, 2}};
       },
       "delay_ms"},
      {kFromDc, [](P* p) { p->synapse_model = "stdp_synapse"; }, "synapse_model"},
      {kFromPoisson, [](P* p) { p->synapse_model = "rstdp_synapse"; }, "synapse_model"},
      {kToTransmitter, [](P* p) { p->synapse_model = "stdp_synapse"; }, "synapse_model"},
      {kFromDc, [](P* p) { p->weights.on = true; }, "record_weights"},
      {kFromPoisson, [](P* p) { p->weights.on = true; }, "record_weights"},
      {0, [](P* p) { p->weights.window.start_ms = -1; }, "record_window.start_ms"},
      {kStdp, [](P* p) { p->parameters["lambda"] = std::vector<double>{1}; }, "parameters[lambda]"},
      {kStdp, [](P* p) { p->parameters["Wmax"] = 0.0; }, "parameters[Wmax]"},
      {kStdp, [](P* p) { p->parameters["tau_plus"] = 0.0; }, "parameters[tau_plus]"},
      {kStdp, [](P* p) { p->parameters["mu_plus"] = -1.0; }, "parameters[mu_plus]"},
      {kStdp, [](P* p) { p->volume_transmitter = "vt"; }, "volume_transmitter"},
      {kReward, [](P* p) { p->parameters["pre_shift"] = 0.05; }, "parameters[pre_shift]"},
      {kReward, [](P* p) { p->parameters["tau"] = 0.0; }, "parameters[tau]"},
      {kReward, [](P* p) { p->parameters["saturation"] = -1.0; }, "parameters[saturation]"},
      {kReward, [](P* p) { p->parameters["causal_only"] = 0.5; }, "parameters[causal_only]"},
      {kReward, [](P* p) { p->parameters["causal_only"] = 2.0; }, "parameters[causal_only]"},
      {kDopamine, [](P* p) { p->volume_transmitter = "relay"; }, "volume_transmitter"},
      {kDopamine, [](P* p) { p->parameters["Wmin"] = 300.0; }, "parameters[Wmin]"},
      {kDopamine, [](P* p) { p->parameters["tau_c"] = 0.0; }, "parameters[tau_c]"},
      {kDopamine, [](P* p) { p->parameters["tau_n"] = -1.0; }, "parameters[tau_n]"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(&c - cases);
    const std::string field = "projections[" + std::to_string(c.projection) + "]." + c.field;
    ExpectAllRefused(
        {{[&](NetworkSpec* s) { c.make(&s->projections[c.projection]); }, field.c_str()}});
  }
  ExpectAllRefused({
      {[](NetworkSpec* s) { s->projections[0].source = "x"; }, "projections[0].source"},
      {[](NetworkSpec* s) { s->projections[0].target = ""; }, "projections[0].target"},
      {[](NetworkSpec* s) { s->projections[0].synapse_model = "iaf_psc_exp"; },
       "projections[0].synapse_model"},
      {[](NetworkSpec* s) { s->projections[kStdp].parameters["tau_c"] = 1.0; },
       "projections[2].parameters[tau_c]"},
      {[](NetworkSpec* s) { s->projections[kDopamine].volume_transmitter = ""; },
       "projections[1].volume_transmitter"},
  });
}

TEST(CheckSpec, NamesTheFieldOfAMultimeterThatIsWrong) {
  ExpectAllRefused({
      {[](NetworkSpec* s) { s->multimeters[0].name = ""; }, "multimeters[0].name"},
      {[](NetworkSpec* s) { s->multimeters.push_back(s->multimeters[0]); }, "multimeters[1].name"},
      {[](NetworkSpec* s) { s->multimeters[0].variables = {}; }, "multimeters[0].variables"},
      {[](NetworkSpec* s) { s->multimeters[0].interval_ms = -1; }, "multimeters[0].interval_ms"},
      {[](NetworkSpec* s) { s->multimeters[0].interval_ms = 0.05; }, "multimeters[0].interval_ms"},
      {[](NetworkSpec* s) { s->multimeters[0].interval_ms = 1e-9; }, "multimeters[0].interval_ms"},
      {[](NetworkSpec* s) { s->multimeters[0].interval_ms = kNan; }, "multimeters[0].interval_ms"},
      {[](NetworkSpec* s) { s->multimeters[0].interval_ms = kInf; }, "multimeters[0].interval_ms"},
  });
  ExpectAllRefused({
      {[](NetworkSpec* s) { s->multimeters[0].population = "x"; }, "multimeters[0].population"},
      {[](NetworkSpec* s) { s->multimeters[0].variables[1] = "w"; }, "multimeters[0].variables[1]"},
      {[](NetworkSpec* s) { s->multimeters[0].population = "relay"; },
       "multimeters[0].variables[0]"},
  });
}

// What only drawing can show is found when the network is built.
TEST(AddNetwork, NamesTheFieldWhoseDrawsAreOutOfBounds) {
  struct Case {
    std::function<void(NetworkSpec*)> make;
    const char* field;
  };
  const Distribution low = {Uniform{-200, -100}};
  const Case cases[] = {
      {[&](NetworkSpec* s) { s->populations[kNeurons].parameters["C_m"] = low; },
       "populations[2].parameters[C_m]"},
      {[&](NetworkSpec* s) { s->populations[kNeurons].parameters["V_th"] = low; },
       "populations[2].parameters[V_reset]"},
      {[&](NetworkSpec* s) {
         s->populations[kNeurons].parameters["t_ref"] = Distribution{Uniform{1, 2}};
       },
       "populations[2].parameters[t_ref]"},
      {[&](NetworkSpec* s) {
         s->populations[kNeurons].parameters["I_e"] = Distribution{Normal{0, 1}, 90, 91};
       },
       "populations[2].parameters[I_e]"},
      {[&](NetworkSpec* s) {
         s->populations[kDc].parameters["start"] = Distribution{Uniform{1, 2}};
       },
       "populations[3].parameters[start]"},
      {[&](NetworkSpec* s) { s->projections[0].delay_ms = low; }, "projections[0].delay_ms"},
      {[&](NetworkSpec* s) {
         s->projections[0].weight = Distribution{Normal{0, 1}, 90, 91};
       },
       "projections[0].weight"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.field);
    NetworkSpec spec = Everything();
    c.make(&spec);
    EXPECT_THAT(CheckSpec(spec, kGrid), IsOk());
    Simulation simulation(0.1, 3);
    EXPECT_THAT(simulation.AddNetwork("n", spec), IsInvalid(c.field));
    EXPECT_TRUE(simulation.networks().empty());
  }
}

// Sizes that would never fit are told without being tried.
TEST(CheckSpec, TellsAbsurdSizes) {
  NetworkSpec spec;
  spec.populations = {Population("a", "iaf_psc_exp", UINT32_MAX),
                      Population("b", "iaf_psc_exp", UINT32_MAX)};
  auto size = CheckSpec(spec, kGrid);
  ASSERT_THAT(size, IsOk());
  EXPECT_EQ(size->neurons, 2 * uint64_t{UINT32_MAX});
  EXPECT_GT(size->bytes, uint64_t{1} << 40);
  for (const ConnectionRule& rule :
       {ConnectionRule(AllToAll{}), ConnectionRule(PairwiseBernoulli{1.0}),
        ConnectionRule(PairwiseBernoulli{0.1}), ConnectionRule(OneToOne{}),
        ConnectionRule(FixedOutdegree{1000})}) {
    spec.projections = {Projection("a", "b", 1.0, 1.0, rule)};
    EXPECT_THAT(CheckSpec(spec, kGrid), IsInvalid("projections[0].rule"));
  }
}

TEST(CheckSpec, TellsTheSizeThatTheNetworkWillHave) {
  const Value one = 1.0;
  const Value spread = Distribution{Uniform{1, 5}};
  const auto network = [](uint32_t neurons, const std::string& model, Value delay) {
    NetworkSpec spec;
    spec.populations = {Population("n", model, neurons)};
    spec.projections = {Projection("n", "n", 1.0, std::move(delay), FixedIndegree{20})};
    return spec;
  };
  NetworkSpec dopamine = network(300, "iaf_psc_exp", 1.0);
  dopamine.populations.push_back(Population("vt", "volume_transmitter"));
  dopamine.projections[0] = Plastic(Projection("n", "n"), "stdp_dopamine_synapse", {}, "vt");
  const NetworkSpec specs[] = {network(3000, "iaf_psc_exp", 1.0),
                               network(3000, "iaf_psc_exp", spread),
                               network(3000, "iaf_psc_exp", 6.4),
                               network(300, "iaf_psc_exp", 1000.0),
                               network(100, "iaf_psc_exp", 9999.0),
                               network(300, "parrot_neuron", 1000.0),
                               network(100, "iaf_psc_exp", Distribution{Uniform{5000, 9999}}),
                               dopamine};
  for (const NetworkSpec& spec : specs) {
    SCOPED_TRACE(&spec - specs);
    const NetworkSize expected = CheckSpec(spec, kGrid).value();
    const NetworkSize built = Lab(spec).network().size();
    EXPECT_EQ(expected.neurons, built.neurons);
    EXPECT_EQ(expected.synapses, built.synapses);
    EXPECT_GT(static_cast<double>(expected.bytes), 0.8 * static_cast<double>(built.bytes));
    EXPECT_LT(static_cast<double>(expected.bytes), 4.0 * static_cast<double>(built.bytes));
  }
}

TEST(ResolveSpec, WritesOutTheDefaults) {
  NetworkSpec spec = Everything();
  spec.populations[kNeurons].parameters["E_L"] = -65.0;
  spec.populations[kNeurons].record_spikes = true;
  spec.projections[kStatic].synapse_model = "";
  spec.multimeters[0].interval_ms = 0;
  const NetworkSpec resolved = ResolveSpec(spec);
  const auto& neurons = resolved.populations[kNeurons];
  EXPECT_EQ(neurons.parameters.at("tau_m"), Value(10.0));
  EXPECT_EQ(neurons.parameters.at("V_m"), Value(-65.0)) << "starts at rest";
  EXPECT_EQ(resolved.projections[kStatic].synapse_model, "static_synapse");
  EXPECT_EQ(resolved.projections[kDopamine].parameters.at("Wmax"), Value(200.0));
  EXPECT_EQ(resolved.multimeters[0].interval_ms, kDefaultIntervalMs);
  EXPECT_THAT(CheckSpec(resolved, kGrid), IsOk());
  EXPECT_EQ(ResolveSpec(resolved), resolved);
}

TEST(ResolveSpec, KeepsWhatTheUserGave) {
  NetworkSpec spec = Everything();
  spec.populations[kNeurons].parameters["V_m"] = std::vector<double>{-60, -61, -62};
  spec.populations[kNeurons].record_spikes = true;
  spec.populations[kNeurons].record_limit = 5;
  spec.projections[kReward].parameters["eta"] = 0.1;
  spec.multimeters[0].record_limit = 7;
  const NetworkSpec resolved = ResolveSpec(spec);
  EXPECT_EQ(resolved.populations[kNeurons].parameters.at("V_m"),
            spec.populations[kNeurons].parameters.at("V_m"));
  EXPECT_EQ(resolved.populations[kNeurons].record_limit, 5u);
  EXPECT_EQ(resolved.projections[kReward].parameters.at("eta"), Value(0.1));
  EXPECT_EQ(resolved.multimeters[0].record_limit, 7u);
}

// What is drawn can be told only when it has been.
TEST(AddNetwork, RefusesDrawnWeightsOutsideTheirBounds) {
  NetworkSpec spec = Everything();
  spec.projections[kStdp].weight = Distribution{Normal{100, 1}};
  Simulation simulation(0.1, 1);
  EXPECT_THAT(simulation.AddNetwork("n", spec), IsInvalid("projections[2].weight"));
}

}  // namespace
}  // namespace spiked::engine
