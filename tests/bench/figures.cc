#include "tests/bench/figures.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "tests/bench/statistics.h"

namespace spiked::bench {
namespace {

// At least three digits that count, and no powers of ten.
std::string Readable(double value) {
  if (value == 0.0) return "0";
  const int digits = static_cast<int>(std::floor(std::log10(std::fabs(value)))) + 1;
  return absl::StrFormat("%.*f", std::clamp(3 - digits, 0, 6), value);
}

}  // namespace

void Figures::Add(std::string_view name, std::string_view unit, absl::Span<const double> samples) {
  all_.push_back({.scenario = scenario_,
                  .name = std::string(name),
                  .unit = std::string(unit),
                  .value = Median(samples),
                  .repetitions = static_cast<int>(samples.size()),
                  .spread = Spread(samples)});
}

void Figures::Add(std::string_view name, std::string_view unit, double value) {
  Add(name, unit, absl::MakeConstSpan(&value, 1));
}

std::string Table(absl::Span<const Figure> figures) {
  size_t scenario_width = 8;
  size_t name_width = 6;
  for (const Figure& figure : figures) {
    scenario_width = std::max(scenario_width, figure.scenario.size());
    name_width = std::max(name_width, figure.name.size());
  }
  std::string table;
  const auto append = [&](std::string_view scenario, std::string_view name, std::string_view value,
                          std::string_view spread, std::string_view unit, std::string_view n) {
    absl::StrAppendFormat(&table, "%-*s  %-*s  %10s  %9s  %-7s  %4s\n", scenario_width, scenario,
                          name_width, name, value, spread, unit, n);
  };
  append("scenario", "figure", "value", "spread", "unit", "reps");
  for (const Figure& figure : figures) {
    append(figure.scenario, figure.name, Readable(figure.value), Readable(figure.spread),
           figure.unit, absl::StrFormat("%d", figure.repetitions));
  }
  return table;
}

std::string Json(const Machine& machine, absl::Span<const Figure> figures) {
  nlohmann::ordered_json json;
  json["machine"] = {{"processor", machine.processor},
                     {"cores", machine.cores},
                     {"compiler", machine.compiler},
                     {"commit", machine.commit}};
  json["figures"] = nlohmann::ordered_json::array();
  for (const Figure& figure : figures) {
    json["figures"].push_back({{"scenario", figure.scenario},
                               {"figure", figure.name},
                               {"unit", figure.unit},
                               {"value", figure.value},
                               {"repetitions", figure.repetitions},
                               {"spread", figure.spread}});
  }
  return json.dump(2);
}

}  // namespace spiked::bench
