#include "server/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"

namespace spiked {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// What becomes of a line.
std::string Written(LogFormat format, const std::string& line) {
  std::ostringstream out;
  spdlog::logger logger("spiked", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger.set_formatter(MakeLogFormatter(format));
  logger.warn("{}", line);
  return out.str();
}

TEST(LogTest, TextHasFieldsBehindTheMessage) {
  const std::string line = LogLine("created", {{"session", "sessions/a"}, {"account", "anna"}});
  const std::string text = Written(LogFormat::kText, line);
  EXPECT_THAT(text, HasSubstr("[spiked] [warning] created session=sessions/a account=anna\n"));
}

TEST(LogTest, JsonHasFieldsByTheirNames) {
  const std::string line = LogLine("created", {{"session", "a \"b\""}, {"account", "anna"}});
  const auto object = nlohmann::json::parse(Written(LogFormat::kJson, line));
  EXPECT_EQ(object["level"], "warning");
  EXPECT_EQ(object["message"], "created");
  EXPECT_EQ(object["session"], "a \"b\"");
  EXPECT_EQ(object["account"], "anna");
  EXPECT_THAT(object["time"].get<std::string>(), EndsWith("Z"));
}

TEST(LogTest, EmptyFieldsAreLeftOut) {
  EXPECT_EQ(LogLine("created", {{"session", ""}}), "created");
  EXPECT_FALSE(nlohmann::json::parse(Written(LogFormat::kJson, "plain")).contains("session"));
}

TEST(LogTest, NoLineCanPretendToBeTwo) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string text = Written(format, LogLine("a\nb", {{"error",
                                                               "c\x1f"
                                                               "account\x1f"
                                                               "root\n"}}));
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
    EXPECT_THAT(text, HasSubstr("c account root"));
    EXPECT_NO_THROW(Written(format, "\xff"));
  }
}

}  // namespace
}  // namespace spiked
