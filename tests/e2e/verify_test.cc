// The real spiked-verify on the real server, with recordings from NEST: what
// the server computes is what NEST computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

using nlohmann::json;
using ::spiked::testing::ProgramResult;
using ::spiked::testing::RunProgram;
using ::spiked::testing::ServerProcess;
using ::spiked::testing::TempDir;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kAgree = 0;
constexpr int kDiffer = 1;
constexpr int kTrouble = 2;

std::string Reference(const std::string& file) { return SPIKED_REFERENCE_DIR "/" + file + ".json"; }

json Load(const std::string& file) { return json::parse(std::ifstream(Reference(file))); }

// One case of micro.json alone.
json MicroCase(const std::string& name) {
  json micro = Load("micro");
  for (json& element : micro["cases"]) {
    if (element["name"] == name) return {{"cases", json::array({element})}};
  }
  return {};
}

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
  EXPECT_THAT(result.out,
              ContainsRegex("total +" + count + " +" + count + " .* " + std::to_string(cases) +
                            " of " + std::to_string(cases) + " cases agree"));
  EXPECT_THAT(result.out, Not(HasSubstr("DIFFERS")));
}

INSTANTIATE_TEST_SUITE_P(All, ReferenceTest,
                         ::testing::Values(Recorded{"micro", 18, 1287}, Recorded{"net", 2, 50385},
                                           Recorded{"pong_rstdp_clean", 1, 1976},
                                           Recorded{"pong_rstdp_noise_replay", 1, 181},
                                           Recorded{"pong_dopa_active_critic", 1, 4658},
                                           Recorded{"pong_dopa_noise_replay", 1, 1499}),
                         [](const auto& test) { return test.param.file; });

TEST_F(VerifyTest, MembranePotentialsAreEqualToTheLastBit) {
  const ProgramResult result = VerifyFiles({Reference("micro")});
  EXPECT_THAT(result.out, ContainsRegex("total +1287 +1287 +0 ")) << result.out;
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
  json micro = MicroCase("pong_drive");
  micro["cases"][0]["spikes_ms"][1] = 134.9;
  const ProgramResult result = Verify(micro);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("pong_drive +2 +1 .* DIFFERS"));
  EXPECT_THAT(result.out, HasSubstr("first difference, at 134.8 ms: neuron 0 of neuron fired"));
  EXPECT_THAT(result.out, HasSubstr("0 of 1 cases agree"));
}

TEST_F(VerifyTest, ShowsTheOneSpikeOfManyThatDiffers) {
  json net = Load("net");
  ++net[0]["spike_list"][12345][1].get_ref<json::number_integer_t&>();
  const ProgramResult result = Verify(net);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("balanced_uniform +25181 +25180 .* DIFFERS"));
  EXPECT_THAT(result.out, ContainsRegex("first difference, at .* ms: neuron .* of neurons"));
  EXPECT_THAT(result.out, HasSubstr("1 of 2 cases agree"));
}

TEST_F(VerifyTest, ShowsAPotentialThatDiffersInItsLastDigits) {
  json micro = MicroCase("dc_tonic");
  json& potential = micro["cases"][0]["V_m"]["mV"][4];
  potential = potential.get<double>() + 3e-12;
  const ProgramResult result = Verify(micro);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("first difference, at 5 ms: V_m should be -63.54"));
}

TEST_F(VerifyTest, ShowsASynapsesVariableThatDiffers) {
  const std::vector<std::string> names = {"t_ms", "weight", "c", "n"};
  for (size_t column = 1; column < names.size(); ++column) {
    json micro = MicroCase("dopa_random");
    json& value = micro["cases"][0]["trace"][50][column];
    value = value.get<double>() * (1 + 3e-9);
    const ProgramResult result = Verify(micro);
    EXPECT_EQ(result.exit_code, kDiffer) << names[column];
    EXPECT_THAT(result.out,
                ContainsRegex("first difference, at 255 ms: " + names[column] + ".0. should be"));
  }
}

TEST_F(VerifyTest, ShowsAWeightOfAPlayerThatDiffers) {
  json pong = Load("pong_rstdp_clean");
  json& weight = pong["iterations"][20]["weights_row"][7];
  weight = weight.get<double>() * (1 + 3e-9);
  const ProgramResult result = Verify(pong);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, ContainsRegex("first difference, at 4200 ms: case/input_motor.*"));
}

TEST_F(VerifyTest, ShowsAWinnerThatDiffers) {
  json pong = Load("pong_dopa_noise_replay");
  pong["iterations"][5]["winner"] = 19;
  const ProgramResult result = Verify(pong);
  EXPECT_EQ(result.exit_code, kDiffer);
  EXPECT_THAT(result.out, HasSubstr("first difference, at 1200 ms: winner should be 19 and is"));
}

TEST_F(VerifyTest, FollowsOtherSizesAndFormulas) {
  json net = Load("net")[0];
  net["N_e"] = 40;
  net["N_i"] = 10;
  net["C_e"] = 8;
  net["C_i"] = 2;
  net["duration_ms"] = 50.0;
  net["I_e_pA"] = "1000 + 0.25*((i*3) mod 7)";
  net["weight"] = 0.0;
  net["spike_list"] = json::array();
  const ProgramResult result = Verify(json::array({net}));
  EXPECT_EQ(result.exit_code, kDiffer) << "the neurons fire, and no spikes are expected";
  EXPECT_THAT(result.out, HasSubstr("of neurons fired and should not have")) << result.err;
}

TEST_F(VerifyTest, ABadFileIsToldBeforeAnythingRuns) {
  json micro = MicroCase("dc_tonic");
  micro["cases"][0].erase("duration_ms");
  const ProgramResult result = Verify(micro);
  EXPECT_EQ(result.exit_code, kTrouble);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("spiked-verify: " + dir_.File("file.json") +
                                    ": case 'dc_tonic': field 'duration_ms' is missing"));
}

TEST_F(VerifyTest, WhatTheServerRefusesIsToldAndTheOtherCasesRun) {
  json micro = Load("micro");
  micro["cases"][0]["params"]["tau_x"] = 1.0;
  const ProgramResult result = Verify(micro);
  EXPECT_EQ(result.exit_code, kTrouble);
  EXPECT_THAT(result.err, ContainsRegex("case 'dc_tonic': .*tau_x"));
  EXPECT_THAT(result.out, HasSubstr("17 of 18 cases agree"));
}

TEST_F(VerifyTest, BadUsageAndAMissingServerAreTrouble) {
  const ProgramResult usage = VerifyFiles({});
  EXPECT_EQ(usage.exit_code, kTrouble);
  EXPECT_THAT(usage.err, HasSubstr("no file to verify"));

  const std::string nobody = "unix:" + dir_.File("nobody.sock");
  const ProgramResult missing =
      RunProgram({SPIKED_VERIFY_BINARY, "--server", nobody, Reference("micro")});
  EXPECT_EQ(missing.exit_code, kTrouble);
  EXPECT_THAT(missing.err, HasSubstr("no spiked server answers at " + nobody));
}

}  // namespace
}  // namespace spiked
