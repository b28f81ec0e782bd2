#include "client/ctl/table.h"

#include "gtest/gtest.h"

namespace spiked::ctl {
namespace {

TEST(TableTest, NumbersStandToTheRight) {
  EXPECT_EQ(TableText({"NAME", ">N", "NOTE"}, {{"anna", "7", ""}, {"b", "1234", "x"}}),
            "NAME     N  NOTE\n"
            "anna     7\n"
            "b     1234  x\n");
}

TEST(TableTest, CharactersCountNotBytes) {
  EXPECT_EQ(TableText({"A", "B"}, {{"äöü", "1"}, {"abc", "2"}}), "A    B\näöü  1\nabc  2\n");
}

TEST(TableTest, LinesAreClippedBetweenCharacters) {
  EXPECT_EQ(Clipped("äöü\nab\n", 2), "äö\nab\n");
  EXPECT_EQ(Clipped("abc", 0), "");
}

TEST(TableTest, NothingThatATerminalObeysIsPrinted) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc\td\x7f"), "a?[31mb?c?d?");
  EXPECT_EQ(Printable("a\xC2\x9b"
                      "31m\xC3\xA4"),
            "a?31m\xC3\xA4");
}

}  // namespace
}  // namespace spiked::ctl
