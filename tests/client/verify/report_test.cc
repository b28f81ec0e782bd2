#include "client/verify/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spiked::verify {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ReportTest, AgreesWhenNothingDiffers) {
  Report report;
  report.CompareSpikes("motor", {{1.5, 0}, {2.0, 3}}, {{2.0, 3}, {1.5, 0}});
  report.CompareValue(kPotential, 1.0, "V_m", -70.0, -70.0);
  EXPECT_EQ(report.spikes_expected(), 2u);
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_EQ(report.deviation(kPotential), 0.0);
  EXPECT_EQ(report.deviation(kWeights), std::nullopt) << "never compared";
  EXPECT_TRUE(report.agrees());
  EXPECT_THAT(report.differences(), IsEmpty());
}

TEST(ReportTest, StampsAreTheSameHoweverTheirDoubleIsRounded) {
  Report report;
  report.CompareSpikes("motor", {{3 * 0.1, 0}, {0.3, 1}}, {{0.3, 0}, {3 * 0.1, 1}});
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_TRUE(report.agrees());
}

TEST(ReportTest, ASpikeThatIsMissingIsTheFirstDifference) {
  Report report;
  report.CompareSpikes("motor", {{1.0, 0}, {2.0, 4}, {3.0, 5}}, {{1.0, 0}});
  EXPECT_EQ(report.spikes_equal(), 1u);
  ASSERT_THAT(report.differences(), SizeIs(1));
  EXPECT_EQ(report.differences()[0].time_ms, 2.0);
  EXPECT_THAT(report.differences()[0].text,
              HasSubstr("neuron 4 of motor should have fired and did not"));
}

TEST(ReportTest, ASpikeTooManyIsTheFirstDifference) {
  Report report;
  report.CompareSpikes("motor", {{1.0, 0}, {2.0, 4}}, {{1.0, 0}, {1.9, 4}, {2.0, 4}});
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_FALSE(report.agrees()) << "although all that was expected is there";
  EXPECT_EQ(report.differences()[0].time_ms, 1.9);
  EXPECT_THAT(report.differences()[0].text, HasSubstr("neuron 4 of motor fired and should not"));
}

TEST(ReportTest, CountsSimultaneousSpikesOfANeuron) {
  Report report;
  report.CompareSpikes("relay", {{1.0, 0}, {1.0, 0}, {1.0, 0}}, {{1.0, 0}, {1.0, 0}});
  EXPECT_EQ(report.spikes_equal(), 2u);
  EXPECT_FALSE(report.agrees());
}

TEST(ReportTest, TheFirstDifferenceIsTheEarliestOfAllPopulations) {
  Report report;
  report.CompareSpikes("motor", {{5.0, 0}}, {});
  report.CompareSpikes("striatum", {{4.0, 1}}, {});
  report.CompareSpikes("vp", {{6.0, 2}}, {});
  EXPECT_EQ(report.differences()[0].time_ms, 4.0);
}

TEST(ReportTest, PotentialsMayBeOffByAFixedAmount) {
  Report report;
  report.CompareValue(kPotential, 1.0, "V_m", -70.0, -70.0 + 9e-13);
  EXPECT_TRUE(report.agrees());
  report.CompareValue(kPotential, 2.0, "V_m", -70.0, -70.0 + 2e-12);
  EXPECT_FALSE(report.agrees());
  EXPECT_NEAR(*report.deviation(kPotential), 2e-12, 2e-14);
}

TEST(ReportTest, OtherQuantitiesMayBeOffByAShareOfTheirSize) {
  for (const Quantity quantity : {kWeights, kW, kC, kN, kReward}) {
    Report report;
    report.CompareValue(quantity, 1.0, "it", 1e6, 1e6 + 9e-4);
    EXPECT_TRUE(report.agrees()) << quantity;
    report.CompareValue(quantity, 2.0, "it", 1e-6, 1.000000002e-6);
    EXPECT_FALSE(report.agrees()) << quantity;
    EXPECT_EQ(report.differences()[0].time_ms, 2.0);
  }
}

TEST(ReportTest, WhatShouldBeZeroMustBe) {
  Report report;
  report.CompareValue(kC, 1.0, "c", 0.0, 0.0);
  EXPECT_TRUE(report.agrees());
  report.CompareValue(kC, 1.0, "c", 0.0, 1e-300);
  EXPECT_FALSE(report.agrees());
}

TEST(ReportTest, WhatIsNotANumberNeverAgrees) {
  for (const Quantity quantity : {kPotential, kWeights}) {
    Report report;
    report.CompareValue(quantity, 1.0, "it", 5.0, std::nan(""));
    EXPECT_FALSE(report.agrees());
  }
}

TEST(ReportTest, NamesThePositionOfAValue) {
  Report report;
  report.CompareValues(kWeights, 7.0, "motor[3]", {1.0, 2.0, 3.0}, {1.0, 2.5, 3.5});
  ASSERT_THAT(report.differences(), SizeIs(1));
  EXPECT_EQ(report.differences()[0].text, "motor[3][1] should be 2 and is 2.5");
}

TEST(ReportTest, ListsOfDifferentLengthDiffer) {
  Report report;
  report.CompareValues(kWeights, 7.0, "motor[3]", {1.0, 2.0}, {1.0});
  ASSERT_THAT(report.differences(), SizeIs(1));
  EXPECT_EQ(report.differences()[0].text, "the number of motor[3] should be 2 and is 1");
}

TEST(ReportTest, HasADifferenceForSpikesAndForEachQuantity) {
  Report report;
  report.CompareSpikes("motor", {{5.0, 0}}, {});
  report.CompareValue(kC, 1.0, "c", 1.0, 2.0);
  report.CompareValue(kN, 1.0, "n", 1.0, 2.0);
  EXPECT_THAT(report.differences(), SizeIs(3));
}

TEST(ReportTest, ATotalAddsCountsAndKeepsTheLargestDeviation) {
  Report one, other, total;
  one.CompareSpikes("motor", {{5.0, 0}}, {{5.0, 0}});
  one.CompareValue(kW, 1.0, "w", 1.0, 2.0);
  other.CompareSpikes("motor", {{5.0, 0}}, {});
  other.CompareValue(kW, 1.0, "w", 1.0, 1.5);
  total.Add(one);
  total.Add(other);
  EXPECT_EQ(total.spikes_expected(), 2u);
  EXPECT_EQ(total.spikes_equal(), 1u);
  EXPECT_EQ(total.deviation(kW), 1.0);
  EXPECT_EQ(total.deviation(kN), std::nullopt);
}

}  // namespace
}  // namespace spiked::verify
