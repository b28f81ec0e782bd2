#include "client/verify/spikes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spiked::verify {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::HasSubstr;

class SpikesTest : public ::testing::Test {
 protected:
  const json object_ = json::parse(R"({
      "trains": [[1.5, 2.0], [], [0.5]], "pairs": [[3, 1.5], [0, 2.0]],
      "triples": [[3, 1.5, 0]], "fractions": [[0.5, 1.5]], "negative": [[-1, 1.5]]})");
  absl::Status status_;
  const Fields fields_{object_, "case 'one'", &status_};
};

TEST_F(SpikesTest, AreReadInEveryForm) {
  EXPECT_THAT(Train({1.5, 2.0}, 7), ElementsAre(FieldsAre(1.5, 7), FieldsAre(2.0, 7)));
  EXPECT_THAT(ReadTrains(fields_, "trains", 3),
              ElementsAre(FieldsAre(1.5, 0), FieldsAre(2.0, 0), FieldsAre(0.5, 2)));
  EXPECT_THAT(ReadPairs(fields_, "pairs"), ElementsAre(FieldsAre(1.5, 3), FieldsAre(2.0, 0)));
  EXPECT_THAT(ToSpikes({.times_ms = {1.5, 2.0}, .senders = {3, 0}}),
              ElementsAre(FieldsAre(1.5, 3), FieldsAre(2.0, 0)));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(SpikesTest, NeedATrainForEachNeuron) {
  ReadTrains(fields_, "trains", 4);
  EXPECT_THAT(std::string(status_.message()), HasSubstr("field 'trains' must have 4 lists"));
}

TEST_F(SpikesTest, NeedPairsOfANeuronAndATime) {
  ReadPairs(fields_, "triples");
  EXPECT_THAT(std::string(status_.message()), HasSubstr("field 'triples' must be a list of pairs"));
  for (const char* field : {"fractions", "negative"}) {
    status_ = absl::OkStatus();
    ReadPairs(fields_, field);
    EXPECT_THAT(std::string(status_.message()), HasSubstr("which is no index of a neuron"));
  }
}

}  // namespace
}  // namespace spiked::verify
