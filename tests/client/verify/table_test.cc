#include "client/verify/table.h"

#include <gtest/gtest.h>

namespace spiked::verify {
namespace {

TEST(TableTest, ShowsWhatAgrees) {
  Report report;
  report.CompareSpikes("motor", {{1.5, 0}}, {{1.5, 0}});
  report.CompareValue(kPotential, 1.0, "V_m", -70.0, -70.0);
  report.CompareValue(kW, 1.0, "w", 1.0, 1.0 + 1e-10);
  EXPECT_EQ(TableHead() + TableRow("one", report) + TableTotal(report, 1, 1),
            "case                       expected    equal    V_m/mV   weights         w         c  "
            "       n    reward\n"
            "one                               1        1         0         -   1.0e-10         -  "
            "       -         -  agrees\n"
            "total                             1        1         0         -   1.0e-10         -  "
            "       -         -  1 of 1 cases agree\n");
}

TEST(TableTest, ShowsTheFirstDifferences) {
  Report report;
  report.CompareSpikes("motor", {{1.5, 3}}, {});
  report.CompareValue(kPotential, 1.0, "V_m", -70.0, -69.5);
  EXPECT_EQ(TableRow("one", report),
            "one                               1        0   5.0e-01         -         -         -  "
            "       -         -  DIFFERS\n"
            "    first difference, at 1.5 ms: neuron 3 of motor should have fired and did not\n"
            "    first difference, at 1 ms: V_m should be -70 and is -69.5\n");
}

}  // namespace
}  // namespace spiked::verify
