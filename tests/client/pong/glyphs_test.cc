#include "client/pong/glyphs.h"

#include <gtest/gtest.h>

namespace spiked::pong {
namespace {

TEST(GlyphsTest, BarsGrowWithTheShare) {
  EXPECT_EQ(GlyphsOf(true).Bar(0.0), "▁");
  EXPECT_EQ(GlyphsOf(true).Bar(0.5), "▅");
  EXPECT_EQ(GlyphsOf(true).Bar(1.0), "█");
  EXPECT_EQ(GlyphsOf(false).Bar(1.0), "#");
}

TEST(GlyphsTest, ShadesGrowLighterWithTheShare) {
  EXPECT_EQ(GlyphsOf(true).Shade(0.0), " ");
  EXPECT_EQ(GlyphsOf(true).Shade(0.5), "▒");
  EXPECT_EQ(GlyphsOf(true).Shade(1.0), "█");
  EXPECT_EQ(GlyphsOf(false).Shade(0.0), " ");
  EXPECT_EQ(GlyphsOf(false).Shade(1.0), "#");
}

TEST(GlyphsTest, SharesAreClamped) {
  EXPECT_EQ(GlyphsOf(true).Bar(-1.0), "▁");
  EXPECT_EQ(GlyphsOf(true).Shade(7.0), "█");
}

}  // namespace
}  // namespace spiked::pong
