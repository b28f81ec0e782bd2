// The same network, seed and input give the same spikes and weights, to the last
// bit.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <tuple>

#include "server/engine/instruction_set.h"
#include "tests/engine/networks.h"
#include "tests/invariance/exercise.h"

namespace spiked::engine {
namespace {

class InvarianceTest : public ::testing::TestWithParam<std::string> {};

// The one digest that every build on every machine must come to; a change of
// the engine that means to compute the same leaves it alone.
std::string ExpectedDigest(const std::string& exercise) {
  std::ifstream file(SPIKED_TEST_DATA "/digests.txt");
  std::string name, digest;
  while (file >> name >> digest) {
    if (name == exercise) return digest;
  }
  return "none";
}

TEST_P(InvarianceTest, AnyBuildComputesTheSame) {
  EXPECT_EQ(Digest(GetParam()), ExpectedDigest(GetParam()));
}

class InstructionSetTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(InstructionSetTest, ComputesTheSameAsAnyOther) {
  const auto& [exercise, instruction_set] = GetParam();
  const InstructionSetScope scope(instruction_set);
  EXPECT_EQ(Digest(exercise), ExpectedDigest(exercise));
}

INSTANTIATE_TEST_SUITE_P(Exercises, InstructionSetTest,
                         ::testing::Combine(::testing::ValuesIn(Exercises()),
                                            ::testing::ValuesIn(InstructionSets())),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param);
                         });

TEST_P(InvarianceTest, TimeCanBeCutAnyhow) {
  const std::string expected = Digest(GetParam(), 1);
  for (const int pieces : {5, 17, 1000}) {
    EXPECT_EQ(Digest(GetParam(), pieces), expected) << pieces;
  }
}

TEST_P(InvarianceTest, SavingAndRestoringIsNoBreak) {
  EXPECT_EQ(Digest(GetParam(), 17, /*detours=*/true), ExpectedDigest(GetParam()));
}

TEST_P(InvarianceTest, OtherSimulationsBesideDoNotMatter) {
  const std::string expected = Digest(GetParam());
  std::string beside[2];
  std::thread threads[2];
  for (int k = 0; k < 2; ++k) {
    threads[k] = std::thread([&beside, k] { beside[k] = Digest(GetParam(), 17); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(beside[0], expected);
  EXPECT_EQ(beside[1], expected);
}

TEST(DigestTest, TellsExercisesApart) {
  std::set<std::string> digests;
  for (const std::string& exercise : Exercises()) digests.insert(Digest(exercise));
  EXPECT_EQ(digests.size(), Exercises().size());
}

INSTANTIATE_TEST_SUITE_P(Exercises, InvarianceTest, ::testing::ValuesIn(Exercises()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace spiked::engine
