// The real spiked-verify on the real server, with recordings from NEST: what
// the server computes is what NEST computes.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "client/cpp/input.h"
#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

using nlohmann::json;
using ::spiked::testing::ProgramResult;
using ::spiked::testing::ReadFile;
using ::spiked::testing::RunProgram;
using ::spiked::testing::ServerProcess;
using ::spiked::testing::TempDir;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kAgree = 0;
constexpr int kDiffer = 1;
constexpr int kTrouble = 2;

class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.Start().ok()) << server_.Log(); }

  ProgramResult VerifyFiles(const std::vector<std::string>& files) {
    std::vector<std::string> command = {SPIKED_VERIFY_BINARY, "--server", server_.address()};
    command.insert(command.end(), files.begin(), files.end());
    return RunProgram(command);
  }

  ProgramResult Verify(const json& document) {
    const std::string path = dir_.File("file.json");
    std::ofstream(path) << document;
    return VerifyFiles({path});
  }

  // The path of a recording in the form of today, which it may be converted to.
  std::string Reference(const std::string& file) {
    const std::string recording = SPIKED_REFERENCE_DIR "/" + file + ".json";
    const std::string converted = dir_.File(file + ".json");
    const ProgramResult result = RunProgram({SPIKED_PYTHON, SPIKED_CONVERT, recording, converted});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return std::filesystem::exists(converted) ? converted : recording;
  }

  json Load(const std::string& file) { return json::parse(ReadFile(Reference(file))); }

  // A file of one case alone.
  json OneCase(const std::string& file, const std::string& name) {
    const json all = Load(file);
    for (const json& element : all["cases"]) {
      if (element["name"] == name) return {{"cases", json::array({element})}};
    }
    ADD_FAILURE() << "no case " << name;
    return {};
  }

  TempDir dir_;
  ServerProcess server_;
};

// What each file holds, so that a reader that skips something is noticed.
struct Recorded {
  std::string file;
  size_t cases;
  size_t spikes;
};
void PrintTo(const Recorded& c, std::ostream* os) { *os << c.file; }

class ReferenceTest : public VerifyTest, public ::testing::WithParamInterface<Recorded> {};

TEST_P(ReferenceTest, AgreesWithTheServer) {
  const auto& [file, cases, spikes] = GetParam();
  const ProgramResult result = VerifyFiles({Reference(file)});
  EXPECT_EQ(result.exit_code, kAgree) << result.out << result.err << server_.Log();
  EXPECT_EQ(result.err, "");
  const std::string count = std::to_string(spikes);
  EXPECT_THAT(result.out, ContainsRegex("total +" + count + " +" + count));
  EXPECT_THAT(result.out, HasSubstr("\n" + std::to_string(cases) + " of " + std::to_string(cases) +
                                    " cases agree\n"));
}

INSTANTIATE_TEST_SUITE_P(All, ReferenceTest,
                         ::testing::Values(Recorded{"micro", 18, 1287}, Recorded{"net", 2, 50385},
                                           Recorded{"pong_rstdp_clean", 1, 1976},
                                           Recorded{"pong_rstdp_noise_replay", 1, 181},
                                           Recorded{"pong_dopa_active_critic", 1, 4658},
                                           Recorded{"pong_dopa_noise_replay", 1, 1499}),
                         [](const auto& test) { return test.param.file; });

// The cases of models.json whose models the server has; the others are skipped.
TEST_F(VerifyTest, ModelsOfTheServerAgree) {
  const std::vector<std::string> agreeing = {"stdp_relay_multiplicity"};
  const ProgramResult result = VerifyFiles({Reference("models")});
  EXPECT_EQ(result.exit_code, kAgree) << result.out << result.err << server_.Log();
  EXPECT_THAT(result.out, Not(HasSubstr("DIFFERS")));
  for (const std::string& name : agreeing) {
    EXPECT_THAT(result.out, ContainsRegex("\n" + name + " .* agrees"));
  }
}

TEST_F(VerifyTest, MembranePotentialsAreEqualToTheLastBit) {
  const ProgramResult result = VerifyFiles({Reference("micro")});
  EXPECT_THAT(result.out, ContainsRegex("total .* V_m 0 ")) << result.out;
}

TEST_F(VerifyTest, AUsersFirstCaseIsInTheReadme) {
  const std::string readme = ReadFile(SPIKED_VERIFY_README);
  const std::string fence = "```json\n";
  const size_t begin = readme.find(fence) + fence.size();
  const json example = json::parse(readme.substr(begin, readme.find("```", begin) - begin));
  const ProgramResult result = Verify(example);
  EXPECT_EQ(result.exit_code, kAgree) << result.out << result.err;
  EXPECT_THAT(result.out, ContainsRegex("pairing +2 +2  agrees +V_m .*weights"));
}

TEST_F(VerifyTest, TakesSeveralFilesAndLeavesNoSession) {
  const ProgramResult result =
      VerifyFiles({Reference("pong_rstdp_clean"), Reference("pong_rstdp_noise_replay")});
  EXPECT_EQ(result.exit_code, kAgree) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 of 2 cases agree"));
  auto client = server_.Connect();
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ(client->ListSessions()->size(), 0u);
}

TEST_F(VerifyTest, ShowsASpikeThatDiffers) {
  json file = OneCase("micro", "pong_drive");
  file["cases"][0]["expected"]["spikes"]["net/neuron"]["times_ms"][1] = 134.9;
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("pong_drive +2 +1  DIFFERS"));
  EXPECT_THAT(result.out, HasSubstr("first difference, at 134.8 ms: neuron 0 of net/neuron fired"));
  EXPECT_THAT(result.out, HasSubstr("0 of 1 cases agree"));
}

TEST_F(VerifyTest, ShowsTheOneSpikeOfManyThatDiffers) {
  json file = Load("net");
  json& spikes = file["cases"][0]["expected"]["spikes"]["net/neurons"];
  ++spikes["senders"][12345].get_ref<json::number_integer_t&>();
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("balanced_uniform +25181 +25180  DIFFERS"));
  EXPECT_THAT(result.out, ContainsRegex("first difference, at .* ms: neuron .* of net/neurons"));
  EXPECT_THAT(result.out, HasSubstr("1 of 2 cases agree"));
}

TEST_F(VerifyTest, ShowsAPotentialThatDiffersInItsLastDigits) {
  json file = OneCase("micro", "dc_tonic");
  json& potential = file["cases"][0]["expected"]["signals"]["net/voltmeter"]["V_m"][4];
  potential = potential.get<double>() + 3e-12;
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("first difference, at 5 ms: V_m.0. of net/voltmeter "
                                        "should be -63.54"));
}

TEST_F(VerifyTest, ShowsASynapsesVariableThatDiffers) {
  for (const std::string name : {"weights", "c", "n"}) {
    json file = OneCase("micro", "dopa_random");
    json& step = file["cases"][0]["steps"][50];
    json& value = step["expected"]["weights"]["net/pre_post"][name][0];
    value = value.get<double>() * (1 + 3e-9);
    const ProgramResult result = Verify(file);
    EXPECT_EQ(result.exit_code, kDiffer) << name;
    EXPECT_THAT(result.out, ContainsRegex("first difference, at 255 ms: " + name +
                                          ".0. of net/pre_post should be"));
  }
}

TEST_F(VerifyTest, ShowsAWeightOfAPlayerThatDiffersAfterItsReward) {
  json file = Load("pong_rstdp_clean");
  // Each poll is followed by a step of its reward.
  json& step = file["cases"][0]["steps"][2 * 20 + 1];
  ASSERT_EQ(step["duration_ms"], 0);
  for (json& weight : step["expected"]["weights"]["net/input_motor"]) {
    if (weight.is_number()) weight = weight.get<double>() * (1 + 3e-9);
  }
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("first difference, at 4200 ms: weights.* of "
                                        "net/input_motor should be"));
}

TEST_F(VerifyTest, ARewardThatWasNotTheRecordedOneIsNoticed) {
  json file = Load("pong_rstdp_clean");
  json& reward = file["cases"][0]["steps"][1]["rewards"][0]["value"];
  reward = reward.get<double>() + 0.1;
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, HasSubstr("first difference, at 200 ms: weights"));
}

// A recorded player is a preset with other weights, and with a replay in place of
// its noise.
TEST_F(VerifyTest, TheRecordedPlayersAreThePresets) {
  struct Player {
    const char* file;
    const char* preset;
    bool noise;
  };
  auto client = server_.Connect();
  ASSERT_TRUE(client.ok()) << client.status();
  auto session = client->CreateSession();
  ASSERT_TRUE(session.ok()) << session.status();
  const auto resolved = [&](const std::string& network) {
    v1::NetworkSpecification specification = session->GetNetwork(network)->specification();
    for (v1::Population& population : *specification.mutable_populations()) {
      population.clear_record_limit();
      if (population.name() != "background") continue;
      population.clear_model();
      population.clear_parameters();
    }
    for (v1::Projection& projection : *specification.mutable_projections()) {
      if (projection.name().starts_with("input_")) projection.clear_weight();
    }
    return specification;
  };
  for (const Player& player : {Player{"pong_rstdp_clean", "pong/rstdp", false},
                               Player{"pong_rstdp_noise_replay", "pong/rstdp", true},
                               Player{"pong_dopa_active_critic", "pong/dopamine", false},
                               Player{"pong_dopa_noise_replay", "pong/dopamine", true}}) {
    SCOPED_TRACE(player.file);
    v1::NetworkSpecification recorded;
    const json specification = Load(player.file)["cases"][0]["specification"];
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(specification.dump(), &recorded).ok());
    const std::string ours = std::string(player.file) + ".preset";
    ASSERT_TRUE(session->CreateNetwork(player.file, recorded).ok());
    ASSERT_TRUE(session
                    ->CreateNetwork(ours, client::Preset(player.preset, {{"num_neurons", 20},
                                                                         {"noise", player.noise}}))
                    .ok());
    google::protobuf::util::MessageDifferencer differencer;
    std::string differences;
    differencer.ReportDifferencesToString(&differences);
    EXPECT_TRUE(differencer.Compare(resolved(ours), resolved(player.file))) << differences;
  }
}

TEST_F(VerifyTest, ACaseOfAModelThatTheServerLacksIsSkipped) {
  json file = Load("micro");
  file["cases"][0]["specification"]["populations"][1]["model"] = "iaf_of_tomorrow";
  file["cases"][1]["specification"]["projections"][0]["synapseModel"] = "synapse_of_tomorrow";
  ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kAgree) << result.err;
  EXPECT_THAT(result.out,
              ContainsRegex("dc_tonic +skipped: the server has no model iaf_of_tomorrow\n"));
  EXPECT_THAT(result.out,
              ContainsRegex("dc_window +skipped: the server has no model synapse_of_tomorrow\n"));
  EXPECT_THAT(result.out, HasSubstr("16 of 16 cases agree, 2 skipped"));

  file["cases"][2]["expected"]["spikes"]["net/neuron"] = json::object();
  result = Verify(file);
  EXPECT_EQ(result.exit_code, kDiffer) << "a failure beside what is skipped";
  EXPECT_THAT(result.out, HasSubstr("15 of 16 cases agree, 2 skipped"));
}

TEST_F(VerifyTest, WhereAllIsSkippedNothingHasBeenShown) {
  json file = OneCase("micro", "dc_tonic");
  file["cases"][0]["specification"]["populations"][1]["model"] = "iaf_of_tomorrow";
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kTrouble);
  EXPECT_THAT(result.out, HasSubstr("0 of 0 cases agree, 1 skipped"));
  EXPECT_THAT(result.err, HasSubstr("spiked-verify: the server has not the models for any case"));
}

TEST_F(VerifyTest, ABadFileIsToldBeforeAnythingRuns) {
  json file = OneCase("micro", "dc_tonic");
  file["cases"][0].erase("duration_ms");
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kTrouble);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "spiked-verify: " + dir_.File("file.json") +
                            ": case 'dc_tonic': duration_ms: is missing\n");
}

TEST_F(VerifyTest, WhatTheServerRefusesIsToldAndTheOtherCasesRun) {
  json file = Load("micro");
  file["cases"][0]["specification"]["populations"][1]["parameters"]["tau_x"]["number"] = 1.0;
  const ProgramResult result = Verify(file);
  EXPECT_EQ(result.exit_code, kTrouble);
  EXPECT_THAT(result.err, ContainsRegex("case 'dc_tonic': .*tau_x"));
  EXPECT_THAT(result.out, HasSubstr("17 of 18 cases agree"));
}

TEST_F(VerifyTest, ExpectationsThatTheNetworkCannotMeetAreTold) {
  const json file = OneCase("micro", "dc_tonic");
  const auto trouble = [&](auto change) {
    json changed = file;
    change(changed["cases"][0]["expected"]);
    const ProgramResult result = Verify(changed);
    EXPECT_EQ(result.exit_code, kTrouble) << result.out;
    return result.err;
  };
  EXPECT_THAT(
      trouble([](json& expected) { expected["signals"]["net/voltmeter"]["times_ms"][0] = 1.1; }),
      HasSubstr("case 'dc_tonic': step from 0 ms on: net/voltmeter has no sample at 1.1 "
                "ms in this step"));
  EXPECT_THAT(trouble([](json& expected) {
                json& signals = expected["signals"]["net/voltmeter"];
                signals["I_syn_ex"] = signals["V_m"];
              }),
              HasSubstr("net/voltmeter does not record I_syn_ex"));
  EXPECT_THAT(trouble([](json& expected) {
                expected["signals"]["net/voltmeter"] = {{"times_ms", {1}}, {"V_m", {-70, -70}}};
              }),
              HasSubstr("net/voltmeter records 1 neurons, and 2 are expected"));
  EXPECT_THAT(trouble([](json& expected) { expected["spikes"]["net/device0"] = json::object(); }),
              HasSubstr("record"));
  EXPECT_THAT(trouble([](json& expected) { expected["weights"]["net/nobody"] = {1}; }),
              HasSubstr("nobody"));
}

TEST_F(VerifyTest, BadUsageAndAMissingServerAreTrouble) {
  const ProgramResult usage = VerifyFiles({});
  EXPECT_EQ(usage.exit_code, kTrouble);
  EXPECT_THAT(usage.err, HasSubstr("FILE is required"));

  const std::string nobody = "unix:" + dir_.File("nobody.sock");
  const ProgramResult missing =
      RunProgram({SPIKED_VERIFY_BINARY, "--server", nobody, Reference("micro")});
  EXPECT_EQ(missing.exit_code, kTrouble);
  EXPECT_THAT(missing.err, HasSubstr("no spiked server answers at " + nobody));
}

}  // namespace
}  // namespace spiked
