#include "client/verify/table.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spiked::verify {
namespace {

constexpr char kDeviationFormat[] = "  %8s";

// Name, spikes and deviations, the columns of every line.
std::string Columns(absl::string_view name, const Report& report) {
  std::string line =
      absl::StrFormat("%-26s %8d %8d", name, report.spikes_expected(), report.spikes_equal());
  for (size_t k = 0; k < kQuantities; ++k) {
    const std::optional<double> deviation = report.deviation(static_cast<Quantity>(k));
    std::string text = "-";
    if (deviation) text = *deviation == 0.0 ? "0" : absl::StrFormat("%.1e", *deviation);
    absl::StrAppendFormat(&line, kDeviationFormat, text);
  }
  return line;
}

}  // namespace

std::string TableHead() {
  std::string line = absl::StrFormat("%-26s %8s %8s", "case", "expected", "equal");
  for (const QuantityInfo& info : kQuantityInfos) {
    const std::string name =
        info.unit.empty() ? std::string(info.name) : absl::StrCat(info.name, "/", info.unit);
    absl::StrAppendFormat(&line, kDeviationFormat, name);
  }
  return absl::StrCat(line, "\n");
}

std::string TableRow(absl::string_view name, const Report& report) {
  std::string rows =
      absl::StrCat(Columns(name, report), report.agrees() ? "  agrees\n" : "  DIFFERS\n");
  for (const Difference& difference : report.differences()) {
    absl::StrAppendFormat(&rows, "    first difference, at %.10g ms: %s\n", difference.time_ms,
                          difference.text);
  }
  return rows;
}

std::string TableTotal(const Report& total, size_t cases, size_t agreeing) {
  return absl::StrCat(Columns("total", total), "  ", agreeing, " of ", cases, " cases agree\n");
}

}  // namespace spiked::verify
