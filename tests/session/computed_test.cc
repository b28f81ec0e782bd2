#include "server/session/computed.h"

#include "gtest/gtest.h"
#include "server/session/answers.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

TEST(ComputedTest, HowMuchMemoryABuildTakesIsNotComputed) {
  const auto create = [](const char* size) {
    return HashOfComputed(Parse<v1::CreateNetworkResponse>(
        std::string("network { name: 'net' size { ") + size + " } }"));
  };
  EXPECT_EQ(create("neurons: 3 bytes: 100"), create("neurons: 3 bytes: 200"));
  EXPECT_NE(create("neurons: 3 bytes: 100"), create("neurons: 4 bytes: 100"));
  const auto extend = [](const char* size) {
    return HashOfComputed(Parse<v1::ExtendNetworkResponse>(
        std::string("network { name: 'net' size { ") + size + " } }"));
  };
  EXPECT_EQ(extend("synapses: 3 bytes: 100"), extend("synapses: 3 bytes: 200"));
  EXPECT_NE(extend("synapses: 3 bytes: 100"), extend("synapses: 4 bytes: 100"));
  const auto snapshot = [](const char* text) {
    return HashOfComputed(
        Parse<v1::SnapshotSessionResponse>(std::string("snapshot { name: 'a' ") + text + " }"));
  };
  EXPECT_EQ(snapshot("time_ms: 1 bytes: 100"), snapshot("time_ms: 1 bytes: 200"));
  EXPECT_NE(snapshot("time_ms: 1 bytes: 100"), snapshot("time_ms: 2 bytes: 100"));
  const auto step = Parse<v1::StepResponse>("time_ms: 3");
  EXPECT_EQ(HashOfComputed(step), HashOf(step));
}

}  // namespace
}  // namespace spiked::session
