// Reports for people.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "client/verify/report.h"

namespace spiked::verify {

// What came of how many cases.
struct Verdicts {
  size_t agree = 0;
  size_t differ = 0;
  // The server refused the case, or failed.
  size_t failed = 0;
  // The server lacks a model.
  size_t skipped = 0;
};

// The head of the table.
std::string TableHead();

// The line of a case: spikes expected and equal, whether the case agrees, and
// the largest deviation of each variable that was compared. Below it, the first
// differences.
std::string TableRow(absl::string_view name, const Report& report);

// The line of a case that was not run.
std::string SkippedRow(absl::string_view name, absl::string_view model);

// The last lines: spikes and largest deviations over all cases, and how many
// cases agree.
std::string TableTotal(const Report& total, const Verdicts& verdicts);

}  // namespace spiked::verify
