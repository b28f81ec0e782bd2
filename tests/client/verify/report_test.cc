#include "client/verify/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spiked::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const Measure kPotential = {"V_m", 1e-12, /*relative=*/false};
const Measure kWeight = {"weights", 1e-9, /*relative=*/true};

TEST(ReportTest, AgreesWhenNothingDiffers) {
  Report report;
  report.CompareSpikes("net/motor", {{1.5, 2.0}, {0, 3}}, {{2.0, 1.5}, {3, 0}});
  report.CompareValues(kPotential, 1.0, "net/m", {-70.0}, {-70.0});
  EXPECT_EQ(report.spikes_expected(), 2u);
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_THAT(report.deviations(), ElementsAre(Pair("V_m", 0.0)));
  EXPECT_TRUE(report.agrees());
  EXPECT_THAT(report.differences(), IsEmpty());
}

TEST(ReportTest, StampsAreTheSameHoweverTheirDoubleIsRounded) {
  Report report;
  report.CompareSpikes("net/motor", {{3 * 0.1, 0.3}, {0, 1}}, {{0.3, 3 * 0.1}, {0, 1}});
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_TRUE(report.agrees());
}

TEST(ReportTest, StampsOfNeighbouringStepsOfTheFinestGridDiffer) {
  Report report;
  report.CompareSpikes("net/motor", {{1000.001}, {0}}, {{1000.002}, {0}});
  EXPECT_EQ(report.spikes_equal(), 0u);
}

TEST(ReportTest, ASpikeThatIsMissingIsTheFirstDifference) {
  Report report;
  report.CompareSpikes("net/motor", {{1.0, 2.0, 3.0}, {0, 4, 5}}, {{1.0}, {0}});
  EXPECT_EQ(report.spikes_equal(), 1u);
  ASSERT_THAT(report.differences(), SizeIs(1));
  EXPECT_EQ(report.differences()[0].time_ms, 2.0);
  EXPECT_EQ(report.differences()[0].text, "neuron 4 of net/motor should have fired and did not");
}

TEST(ReportTest, ASpikeTooManyIsTheFirstDifference) {
  Report report;
  report.CompareSpikes("net/motor", {{1.0, 2.0}, {0, 4}}, {{1.0, 1.9, 2.0}, {0, 4, 4}});
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_FALSE(report.agrees()) << "although all that was expected is there";
  EXPECT_EQ(report.differences()[0].time_ms, 1.9);
  EXPECT_EQ(report.differences()[0].text, "neuron 4 of net/motor fired and should not have");
}

TEST(ReportTest, CountsSimultaneousSpikesOfANeuron) {
  Report report;
  report.CompareSpikes("net/relay", {{1.0, 1.0, 1.0}, {0, 0, 0}}, {{1.0, 1.0}, {0, 0}});
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_FALSE(report.agrees());
}

TEST(ReportTest, TheFirstDifferenceIsTheEarliestOfAllPopulations) {
  Report report;
  report.CompareSpikes("net/motor", {{5.0}, {0}}, {});
  report.CompareSpikes("net/striatum", {{4.0}, {1}}, {});
  report.CompareSpikes("net/vp", {{6.0}, {2}}, {});
  EXPECT_EQ(report.differences()[0].time_ms, 4.0);
}

TEST(ReportTest, AMeasureMayAllowAFixedAmount) {
  Report report;
  report.CompareValues(kPotential, 1.0, "net/m", {-70.0}, {-70.0 + 9e-13});
  EXPECT_TRUE(report.agrees());
  report.CompareValues(kPotential, 2.0, "net/m", {-70.0}, {-70.0 + 2e-12});
  EXPECT_FALSE(report.agrees());
  EXPECT_NEAR(report.deviations().at("V_m"), 2e-12, 2e-14);
}

TEST(ReportTest, AMeasureMayAllowAShareOfTheSize) {
  Report report;
  report.CompareValues(kWeight, 1.0, "net/s", {1e6}, {1e6 + 9e-4});
  EXPECT_TRUE(report.agrees());
  report.CompareValues(kWeight, 2.0, "net/s", {1e-6}, {1.000000002e-6});
  EXPECT_FALSE(report.agrees());
  EXPECT_EQ(report.differences()[0].time_ms, 2.0);
}

TEST(ReportTest, WhatShouldBeZeroMustBe) {
  Report report;
  report.CompareValues(kWeight, 1.0, "net/s", {0.0}, {0.0});
  EXPECT_TRUE(report.agrees());
  report.CompareValues(kWeight, 1.0, "net/s", {0.0}, {1e-300});
  EXPECT_FALSE(report.agrees());
}

TEST(ReportTest, WhatIsNotANumberNeverAgrees) {
  for (const Measure& measure : {kPotential, kWeight}) {
    Report report;
    report.CompareValues(measure, 1.0, "net/s", {5.0}, {std::nan("")});
    EXPECT_FALSE(report.agrees());
  }
}

TEST(ReportTest, WhatIsNotExpectedMayBeAnything) {
  Report report;
  report.CompareValues(kWeight, 7.0, "net/s", {1.0, std::nan(""), 3.0}, {1.0, 2.5, 3.0});
  EXPECT_TRUE(report.agrees());
}

TEST(ReportTest, NamesThePositionOfAValue) {
  Report report;
  report.CompareValues(kWeight, 7.0, "net/s", {1.0, 2.0, 3.0}, {1.0, 2.5, 3.5});
  ASSERT_THAT(report.differences(), SizeIs(1));
  EXPECT_EQ(report.differences()[0].text, "weights[1] of net/s should be 2 and is 2.5");
}

TEST(ReportTest, ListsOfDifferentLengthDifferWhateverTheTolerance) {
  Report report;
  report.CompareValues({"weights", 10.0, true}, 7.0, "net/s", {1.0, 2.0}, {1.0});
  ASSERT_THAT(report.differences(), SizeIs(1));
  EXPECT_EQ(report.differences()[0].text, "net/s should have 2 values of weights and has 1");
  EXPECT_EQ(report.deviations().at("weights"), std::numeric_limits<double>::infinity());
}

TEST(ReportTest, HasADifferenceForSpikesAndForEachVariable) {
  Report report;
  report.CompareSpikes("net/motor", {{5.0}, {0}}, {});
  report.CompareValues({"c", 1e-9, true}, 1.0, "net/s", {1.0}, {2.0});
  report.CompareValues({"n", 1e-9, true}, 3.0, "net/s", {1.0}, {2.0});
  report.CompareValues({"n", 1e-9, true}, 2.0, "net/s", {1.0}, {3.0});
  ASSERT_THAT(report.differences(), SizeIs(3));
  EXPECT_EQ(report.differences()[2].time_ms, 2.0) << "the earliest";
}

TEST(ReportTest, ATotalAddsCountsAndKeepsTheLargestDeviation) {
  Report one, other, total;
  one.CompareSpikes("net/motor", {{5.0}, {0}}, {{5.0}, {0}});
  one.CompareValues(kWeight, 1.0, "net/s", {1.0}, {2.0});
  other.CompareSpikes("net/motor", {{5.0}, {0}}, {});
  other.CompareValues(kWeight, 1.0, "net/s", {1.0}, {1.5});
  total.Add(one);
  total.Add(other);
  EXPECT_EQ(total.spikes_expected(), 2u);
  EXPECT_EQ(total.spikes_equal(), 1u);
  EXPECT_THAT(total.deviations(), ElementsAre(Pair("weights", 1.0)));
}

}  // namespace
}  // namespace spiked::verify
