#include <gtest/gtest.h>

#include "server/engine/nearest.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

using ::testing::HasSubstr;

const std::vector<absl::string_view> kNames = {"C_m", "tau_m", "tau_syn_ex", "tau_syn_in", "V_th"};

TEST(NearestName, IsTheOneThatASlipOfTheHandExplains) {
  EXPECT_EQ(NearestName("tau_n", kNames), "tau_m");
  EXPECT_EQ(NearestName("tua_m", kNames), "tau_m");
  EXPECT_EQ(NearestName("taum", kNames), "tau_m");
  EXPECT_EQ(NearestName("tau_mm", kNames), "tau_m");
  EXPECT_EQ(NearestName("tausynex", kNames), "tau_syn_ex");
  EXPECT_EQ(NearestName("Tau_M", kNames), "tau_m");
  EXPECT_EQ(NearestName("v_th", kNames), "V_th");
  EXPECT_EQ(NearestName("c_m", kNames), "C_m");
}

TEST(NearestName, IsNothingWhereNoneIsAlike) {
  for (const char* word : {"", "x", "m", "tau", "capacitance", "tau_synapse"}) {
    EXPECT_EQ(NearestName(word, kNames), "") << word;
  }
  EXPECT_EQ(NearestName("tau_m", {}), "");
  EXPECT_EQ(NearestName(std::string(1'000'000, 'x'), kNames), "");
}

TEST(NearestName, OfSeveralIsTheMostAlike) {
  EXPECT_EQ(NearestName("tau_syn_im", kNames), "tau_syn_in");
  EXPECT_EQ(NearestName("tau_syn_ix", kNames), "tau_syn_ex");
}

TEST(UnknownName, TellsWhatMayHaveBeenMeant) {
  const auto error = UnknownName("parameters[tau_n]", "a neuron has no parameter", "tau_n", kNames);
  EXPECT_THAT(error, IsInvalid("parameters[tau_n]"));
  EXPECT_EQ(error.message(), "a neuron has no parameter 'tau_n'; did you mean 'tau_m'?");
}

TEST(UnknownName, HasItsArticle) {
  EXPECT_EQ(WithArticle("iaf_psc_exp"), "an iaf_psc_exp");
  EXPECT_EQ(WithArticle("parrot_neuron"), "a parrot_neuron");
}

TEST(UnknownName, OrWhatThereIs) {
  EXPECT_EQ(UnknownName("f", "there is no x", "abc", kNames).message(),
            "there is no x 'abc'; there are C_m, tau_m, tau_syn_ex, tau_syn_in, V_th");
  EXPECT_EQ(UnknownName("f", "there is no x", "abc", {"one"}).message(),
            "there is no x 'abc'; there is one");
  EXPECT_EQ(UnknownName("f", "there is no x", "abc", {}).message(), "there is no x 'abc'");
  const std::vector<absl::string_view> many(100, "name");
  EXPECT_EQ(UnknownName("f", "there is no x", "abc", many).message(), "there is no x 'abc'");
}

}  // namespace
}  // namespace spiked::engine
