#include "client/verify/table.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spiked::verify {
namespace {

constexpr char kColumns[] = "%-28s %8s %8s  %-8s  %s";

std::string Line(absl::string_view name, const Report& report, absl::string_view verdict) {
  std::string deviations;
  for (const auto& [variable, deviation] : report.deviations()) {
    absl::StrAppend(&deviations, deviations.empty() ? "" : "  ", variable, " ",
                    deviation == 0.0 ? "0" : absl::StrFormat("%.1e", deviation));
  }
  std::string line = absl::StrFormat(kColumns, name, absl::StrCat(report.spikes_expected()),
                                     absl::StrCat(report.spikes_equal()), verdict, deviations);
  absl::StripTrailingAsciiWhitespace(&line);
  return absl::StrCat(line, "\n");
}

}  // namespace

std::string TableHead() {
  return absl::StrCat(
      absl::StrFormat(kColumns, "case", "spikes", "equal", "", "largest deviations"), "\n");
}

std::string TableRow(absl::string_view name, const Report& report) {
  std::string rows = Line(name, report, report.agrees() ? "agrees" : "DIFFERS");
  for (const Difference& difference : report.differences()) {
    absl::StrAppendFormat(&rows, "    first difference, at %.10g ms: %s\n", difference.time_ms,
                          difference.text);
  }
  return rows;
}

std::string SkippedRow(absl::string_view name, absl::string_view model) {
  return absl::StrFormat("%-28s skipped: the server has no model %s\n", name, model);
}

std::string TableTotal(const Report& total, const Verdicts& verdicts) {
  std::string lines = Line("total", total, "");
  absl::StrAppend(&lines, verdicts.agree, " of ",
                  verdicts.agree + verdicts.differ + verdicts.failed, " cases agree");
  if (verdicts.skipped > 0) absl::StrAppend(&lines, ", ", verdicts.skipped, " skipped");
  return absl::StrCat(lines, "\n");
}

}  // namespace spiked::verify
