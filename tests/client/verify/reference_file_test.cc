#include "client/verify/reference_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace spiked::verify {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string PathOf(const std::string& file) { return SPIKED_REFERENCE_DIR "/" + file; }

// One of the recorded files, to be spoilt.
json Load(const std::string& file) { return json::parse(std::ifstream(PathOf(file))); }

// One case of micro.json by name.
json& MicroCase(json& micro, const std::string& name) {
  for (json& element : micro["cases"]) {
    if (element["name"] == name) return element;
  }
  ADD_FAILURE() << "no case " << name;
  return micro;
}

// The message with which a file is refused.
std::string Refusal(const json& document) {
  const auto cases = ReadReference(document.dump(), "spoilt");
  EXPECT_TRUE(absl::IsInvalidArgument(cases.status())) << cases.status();
  return std::string(cases.status().message());
}

TEST(ReferenceFileTest, ReadsEveryCaseOfEveryFile) {
  const std::map<std::string, size_t> sizes = {{"micro", 18},
                                               {"net", 2},
                                               {"pong_rstdp_clean", 1},
                                               {"pong_rstdp_noise_replay", 1},
                                               {"pong_dopa_active_critic", 1},
                                               {"pong_dopa_noise_replay", 1}};
  for (const auto& [file, size] : sizes) {
    const auto cases = ReadReferenceFile(PathOf(file + ".json"));
    ASSERT_TRUE(cases.ok()) << cases.status();
    EXPECT_THAT(*cases, SizeIs(size));
    // A player of pong is named after its file.
    if (size == 1) {
      EXPECT_EQ(cases->front()->name(), file);
    }
  }
}

TEST(ReferenceFileTest, NamesTheFileThatCannotBeRead) {
  const auto missing = ReadReferenceFile("/nowhere/x.json");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("/nowhere/x.json"));
  const auto readme = ReadReferenceFile(PathOf("README.md"));
  EXPECT_THAT(std::string(readme.status().message()), HasSubstr("README.md: this is not JSON"));
}

TEST(ReferenceFileTest, RefusesJsonThatIsSomethingElse) {
  for (const char* text : {"{}", "7", "\"cases\"", "null"}) {
    EXPECT_THAT(Refusal(json::parse(text)), HasSubstr("has no cases or iterations")) << text;
  }
  EXPECT_THAT(Refusal(json::parse("[7]")), HasSubstr("'networks[0]' must be an object"));
}

TEST(ReferenceFileTest, NamesTheCaseAndTheFieldThatIsMissing) {
  const std::vector<std::pair<const char*, const char*>> fields = {
      {"dc_tonic", "inputs"},
      {"dc_tonic", "duration_ms"},
      {"parrot_chain", "delays_ms"},
      {"dopa_random", "dopa_generator_ms"},
      {"dopa_random", "deliver_interval"},
      {"stdp_random", "initial_weight"},
      {"stdp_random", "trace"}};
  for (const auto& [name, field] : fields) {
    json micro = Load("micro.json");
    MicroCase(micro, name).erase(field);
    EXPECT_EQ(Refusal(micro), "case '" + std::string(name) + "': field '" + field + "' is missing");
  }
}

TEST(ReferenceFileTest, NamesTheModelThatIsUnknown) {
  json micro = Load("micro.json");
  MicroCase(micro, "dc_tonic")["model"] = "iaf_cond_exp";
  EXPECT_THAT(Refusal(micro), HasSubstr("case 'dc_tonic': field 'model' is 'iaf_cond_exp'"));

  micro = Load("micro.json");
  MicroCase(micro, "dc_tonic")["inputs"][0]["model"] = "ac_generator";
  EXPECT_THAT(Refusal(micro), HasSubstr("case 'dc_tonic': inputs[0]: field 'model' must be"));
}

TEST(ReferenceFileTest, NamesWhatDoesNotFitTogether) {
  json micro = Load("micro.json");
  MicroCase(micro, "dc_tonic")["V_m"]["mV"].push_back(0.0);
  EXPECT_THAT(Refusal(micro), HasSubstr("V_m: field 'mV' must have one number for each"));

  micro = Load("micro.json");
  MicroCase(micro, "parrot_chain")["delays_ms"].push_back(1.0);
  EXPECT_THAT(Refusal(micro), HasSubstr("'spikes_ms' must have one list for each of delays_ms"));

  micro = Load("micro.json");
  MicroCase(micro, "stdp_random")["columns"][1] = "K_plus";
  EXPECT_THAT(Refusal(micro), HasSubstr("field 'columns' has 'K_plus'"));

  micro = Load("micro.json");
  MicroCase(micro, "stdp_random")["trace"][3].push_back(1.0);
  EXPECT_THAT(Refusal(micro), HasSubstr("field 'trace' must have one number a column"));
}

TEST(ReferenceFileTest, NamesTheFormulaThatCannotBeUsed) {
  json net = Load("net.json");
  net[1]["weight"] = "J for k < C_x, else 0";
  EXPECT_THAT(Refusal(net), HasSubstr("case 'balanced_heterogeneous': field 'weight' cannot be "
                                      "read: formula 'J for k < C_x, else 0' needs"));
  net = Load("net.json");
  net[0]["I_e_pA"] = "360 mod (i - 3)";
  EXPECT_THAT(Refusal(net), HasSubstr("field 'I_e_pA' cannot be evaluated: a number mod 0"));

  net = Load("net.json");
  net[0]["source_of_input_k_of_neuron_i"] = "i + k";
  EXPECT_THAT(Refusal(net), HasSubstr("names neuron 1000 of 1000 for i = 901, k = 99"));

  net = Load("net.json");
  net[0]["connection_order"] = "k ascending, then i ascending";
  EXPECT_THAT(Refusal(net), HasSubstr("field 'connection_order' must be 'i ascending"));

  net = Load("net.json");
  net[0]["spikes"] = "[neuron, time]";
  EXPECT_THAT(Refusal(net), HasSubstr("field 'spikes' must read '[time in ... ms steps, neuron]'"));
}

TEST(ReferenceFileTest, NamesWhatIsWrongWithAPlayerOfPong) {
  const auto refusal = [](auto spoil) {
    json pong = Load("pong_dopa_active_critic.json");
    spoil(pong);
    return Refusal(pong);
  };
  EXPECT_THAT(refusal([](json& pong) { pong["network"] = "deep learning"; }),
              HasSubstr("case 'spoilt': field 'network' must be 'R-STDP' or 'dopaminergic'"));
  EXPECT_THAT(refusal([](json& pong) { pong["network"] = "dopaminergic with noise"; }),
              HasSubstr("field 'noise' is missing"));
  EXPECT_THAT(refusal([](json& pong) { pong["tie_break"] = "random"; }),
              HasSubstr("field 'tie_break' must be 'lowest index wins'"));
  EXPECT_THAT(refusal([](json& pong) { pong.erase("initial_weights_striatum"); }),
              HasSubstr("field 'initial_weights_striatum' is missing"));
  EXPECT_THAT(refusal([](json& pong) { pong["num_neurons"] = 21; }),
              HasSubstr("field 'initial_weights' must have 21 rows"));
  EXPECT_THAT(refusal([](json& pong) { pong["iterations"][3]["cell"] = 20; }),
              HasSubstr("iterations[3]: field 'cell' must be below 20"));
  EXPECT_THAT(refusal([](json& pong) { pong["iterations"][3]["t_begin_ms"] = 500.0; }),
              HasSubstr("iterations[3]: field 't_begin_ms' must be 600"));
  EXPECT_THAT(refusal([](json& pong) {
                pong["iterations"][3]["vp_spikes"] = {{0.5, 601.0}};
              }),
              HasSubstr("iterations[3]: field 'vp_spikes' has 0.5, which is no index"));
  EXPECT_THAT(refusal([](json& pong) { pong["iterations"][0]["motor_spikes_ms"].erase(0); }),
              HasSubstr("iterations[0]: field 'motor_spikes_ms' must have 20 lists"));
}

TEST(ReferenceFileTest, NamesWhatIsWrongWithTheReplayedNoise) {
  json pong = Load("pong_rstdp_noise_replay.json");
  pong["noise"] = "pink";
  EXPECT_THAT(Refusal(pong), HasSubstr("field 'noise' must describe a step_current_generator"));

  pong = Load("pong_dopa_noise_replay.json");
  std::string noise = pong["noise"];
  noise.replace(noise.find("mod 667"), 7, "mud 667");
  pong["noise"] = noise;
  EXPECT_THAT(Refusal(pong), HasSubstr("field 'noise' cannot be read: formula '"));
}

}  // namespace
}  // namespace spiked::verify
