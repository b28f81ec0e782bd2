#include "client/verify/table.h"

#include <gtest/gtest.h>

namespace spiked::verify {
namespace {

const Measure kPotential = {"V_m", 1e-12, /*relative=*/false};
const Measure kWeight = {"weights", 1e-9, /*relative=*/true};

TEST(TableTest, ShowsWhatAgrees) {
  Report report;
  report.CompareSpikes("net/motor", {{1.5}, {0}}, {{1.5}, {0}});
  report.CompareValues(kPotential, 1.0, "net/m", {-70.0}, {-70.0});
  report.CompareValues(kWeight, 1.0, "net/s", {1.0}, {1.0 + 1e-10});
  EXPECT_EQ(TableHead() + TableRow("one", report) + TableTotal(report, {.agree = 1}),
            "case                           spikes    equal            largest deviations\n"
            "one                                 1        1  agrees    V_m 0  weights 1.0e-10\n"
            "total                               1        1            V_m 0  weights 1.0e-10\n"
            "1 of 1 cases agree\n");
}

TEST(TableTest, ShowsTheFirstDifferences) {
  Report report;
  report.CompareSpikes("net/motor", {{1.5}, {3}}, {});
  report.CompareValues(kPotential, 1.0, "net/m", {-70.0}, {-69.5});
  EXPECT_EQ(TableRow("one", report),
            "one                                 1        0  DIFFERS   V_m 5.0e-01\n"
            "    first difference, at 1.5 ms: neuron 3 of net/motor should have fired and did not\n"
            "    first difference, at 1 ms: V_m[0] of net/m should be -70 and is -69.5\n");
}

TEST(TableTest, TellsCasesThatWereNotComparedFromThoseThatAgree) {
  EXPECT_EQ(SkippedRow("one", "iaf_cond_beta"),
            "one                          skipped: the server has no model iaf_cond_beta\n");
  EXPECT_EQ(TableTotal({}, {.agree = 3, .differ = 1, .failed = 2, .skipped = 4}),
            "total                               0        0\n"
            "3 of 6 cases agree, 4 skipped\n");
}

}  // namespace
}  // namespace spiked::verify
