#include <gtest/gtest.h>

#include "server/engine/instruction_set.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

TEST(InstructionSet, IsTheBestUnlessChosen) {
  const auto sets = InstructionSets();
  ASSERT_FALSE(sets.empty());
  EXPECT_EQ(InstructionSet(), sets.front());
}

TEST(InstructionSet, IsTheChosenOne) {
  const auto sets = InstructionSets();
  for (const std::string& name : sets) {
    const InstructionSetScope scope(name);
    EXPECT_EQ(InstructionSet(), name);
    EXPECT_EQ(InstructionSets(), sets) << "the others stay available";
  }
}

TEST(InstructionSet, RefusesWhatTheMachineDoesNotHave) {
  const std::string before = InstructionSet();
  EXPECT_THAT(UseInstructionSet("abacus"), IsInvalid("instruction_set"));
  EXPECT_THAT(UseInstructionSet(""), IsInvalid("instruction_set"));
  EXPECT_EQ(InstructionSet(), before);
}

}  // namespace
}  // namespace spiked::engine
