// The same network, seed and input give the same spikes and weights, to the last
// bit.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "server/engine/instruction_set.h"
#include "tests/engine/networks.h"
#include "tests/invariance/exercise.h"

namespace spiked::engine {
namespace {

class InvarianceTest : public ::testing::TestWithParam<std::string> {};

// The one digest that every build on every machine must come to; a change of
// the engine that means to compute the same leaves it alone.
TEST_P(InvarianceTest, AnyBuildComputesTheSame) {
  std::ifstream file(SPIKED_TEST_DATA "/digests.txt");
  std::string name, digest, expected;
  while (file >> name >> digest) {
    if (name == GetParam()) expected = digest;
  }
  EXPECT_EQ(Digest(GetParam()), expected);
}

TEST_P(InvarianceTest, AnyInstructionSetComputesTheSame) {
  const std::string expected = Digest(GetParam());
  for (const std::string& name : InstructionSets()) {
    const InstructionSetScope scope(name);
    EXPECT_EQ(Digest(GetParam()), expected) << name;
  }
}

TEST_P(InvarianceTest, TimeCanBeCutAnyhow) {
  const std::string expected = Digest(GetParam(), 1);
  for (const int pieces : {5, 17, 1000}) {
    EXPECT_EQ(Digest(GetParam(), pieces), expected) << pieces;
  }
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
