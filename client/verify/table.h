// Reports for people.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "client/verify/report.h"

namespace spiked::verify {

// The head of the table.
std::string TableHead();

// The line of a case: spikes expected and equal, the largest deviation of each
// quantity that was compared, and whether the case agrees. Below it, the first
// differences.
std::string TableRow(absl::string_view name, const Report& report);

// The last line, over so many cases of which so many agree.
std::string TableTotal(const Report& total, size_t cases, size_t agreeing);

}  // namespace spiked::verify
