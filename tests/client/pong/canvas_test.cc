#include "client/pong/canvas.h"

#include <gtest/gtest.h>

#include <utility>

namespace spiked::pong {
namespace {

TEST(LineTest, NeverGrowsWiderThanTheCanvas) {
  Line line({.width = 5});
  line.Text("abc");
  line.Glyph("█", Ink::kPlain, 7);
  line.Text("def");
  EXPECT_EQ(std::move(line).Finish(), "abc██");
}

TEST(LineTest, GoesOnFartherRight) {
  Line line({.width = 3});
  line.Text("ab");
  line.GoOn(5, 8);
  line.Text("cdefg");
  EXPECT_EQ(std::move(line).Finish(), "ab   cde");
}

TEST(LineTest, ChangesColourOnlyWhereItHasTo) {
  Line line({.color = true});
  line.Text("a", Ink::kLeft);
  line.Text("b", Ink::kLeft);
  line.Text("c");
  line.Halves(0.0, 1.0);
  line.Text("d", Ink::kBall);
  EXPECT_EQ(std::move(line).Finish(),
            "\x1b[0;36mab\x1b[0mc\x1b[0;38;5;232;48;5;255m▀\x1b[0;1;33md\x1b[0m");
}

TEST(LineTest, HasNoColoursUnlessAllowed) {
  Line line({.color = false});
  line.Text("a", Ink::kRight);
  EXPECT_EQ(std::move(line).Finish(), "a");
}

}  // namespace
}  // namespace spiked::pong
